#!/bin/sh
# Runs test fixtures on a processor that this machine does not have, by full emulation with Bochs (docs/recipes.md).
# Usage: bench/emulate.sh [-b BOCHS] [-c CPU] [-k ROOT] [-m MEGABYTES] [-o] FIXTURE[/TEST]...
#   -b  the program bochs (default: bochs of PATH), or the folder in which one was installed by "make install"
#   -c  its model of a processor (default: corei7_icelake_u, AVX-512 with VNNI; "bochs -help cpu" lists them)
#   -k  where boot/vmlinuz-* and lib/modules stand, such as an unpacked Linux package (default: /)
#   -m  memory of the machine in MB (default: 2048)
#   -o  every method of ours optimised at once, as after warming up; otherwise as the runtime likes
# Needs a Release build of Furiosa.Tests and, of Debian: bochs bochsbios vgabios isolinux syslinux-common xorriso busybox-static cpio linux-image-amd64.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
bochs=bochs cpu=corei7_icelake_u root=/ megabytes=2048 quick=1
while getopts b:c:k:m:o option; do
  case $option in
    b) bochs=$OPTARG ;;
    c) cpu=$OPTARG ;;
    k) root=$OPTARG ;;
    m) megabytes=$OPTARG ;;
    o) quick=0 ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || { sed -n '2,9p' "$0"; exit 2; }
share=/usr/share
if [ -d "$bochs" ]; then share=$bochs/share bochs=$bochs/bin/bochs; fi
bios=$share/bochs/BIOS-bochs-latest
video=$(ls "$share"/bochs/VGABIOS-lgpl-latest.bin "$share"/vgabios/vgabios.bin "$share"/bochs/VGABIOS-lgpl-latest 2>/dev/null | head -n 1)
tests=$here/Furiosa.Tests/bin/Release/net10.0
dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
kernel=$(ls "$root"/boot/vmlinuz-* | tail -n 1)
modules=$root/lib/modules/${kernel##*/vmlinuz-}/kernel
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/init/bin" "$work/init/lib64" "$work/init/modules" "$work/cd/isolinux"

# The initial memory disk: a shell, the system's libraries that .NET needs, and the drivers of the disc that holds everything else.
cp "$(command -v busybox)" "$work/init/bin/busybox"
for name in drivers/scsi/scsi_common drivers/scsi/scsi_mod drivers/ata/libata drivers/ata/ata_piix drivers/cdrom/cdrom drivers/scsi/sr_mod fs/isofs/isofs; do
  cp "$modules/$name.ko" "$work/init/modules/"
done
ldd "$dotnet/dotnet" "$dotnet"/shared/Microsoft.NETCore.App/*/*.so | grep -o ' /[^ ]*' | sort -u | while read -r library; do cp -L "$library" "$work/init/lib64/"; done
cat > "$work/init/init" <<INIT
#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /tmp /cd
/bin/busybox mount -t proc none /proc
/bin/busybox mount -t sysfs none /sys
/bin/busybox mount -t devtmpfs none /dev
/bin/busybox mount -t tmpfs none /tmp
/bin/busybox ln -sf /proc/self/fd /dev/fd
for name in scsi_common scsi_mod libata ata_piix cdrom sr_mod isofs; do /bin/busybox insmod /modules/\$name.ko; done
while [ ! -b /dev/sr0 ]; do /bin/busybox sleep 0.1; done
/bin/busybox mount -t iso9660 -o ro /dev/sr0 /cd
export LD_LIBRARY_PATH=/lib64 HOME=/tmp DOTNET_ROOT=/cd/dotnet DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_EnableDiagnostics=0
export DOTNET_TieredPGO=0 DOTNET_TC_QuickJit=$quick DOTNET_gcConcurrent=0
cd /cd/repository/tests
/bin/busybox grep -m 2 -E 'model name|flags' /proc/cpuinfo
/cd/dotnet/dotnet Furiosa.Tests.dll fixtures \$(/bin/busybox cat /cd/fixtures) 2>&1
echo "exit status \$?"
/bin/busybox poweroff -f
INIT
chmod +x "$work/init/init"
(cd "$work/init" && find . | cpio -o -H newc --quiet | gzip -1) > "$work/cd/isolinux/initrd"

echo "$@" > "$work/cd/fixtures"
cp "$kernel" "$work/cd/isolinux/linux"
cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$work/cd/isolinux/"
cat > "$work/cd/isolinux/isolinux.cfg" <<'MENU'
default test
prompt 0
label test
  kernel linux
  append initrd=initrd console=ttyS0 quiet mitigations=off nokaslr tsc=reliable lpj=1000000 no_timer_check audit=0
MENU
xorriso -as mkisofs -quiet -R -o "$work/disc.iso" -b isolinux/isolinux.bin -c isolinux/boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table \
  -graft-points "/=$work/cd" "/dotnet/dotnet=$dotnet/dotnet" "/dotnet/host=$dotnet/host" "/dotnet/shared=$dotnet/shared" \
  "/repository/tests=$tests" "/repository/furiosa.sln=$here/furiosa.sln" "/repository/models=$here/models"

cat > "$work/bochsrc" <<MACHINE
config_interface: textconfig
display_library: nogui
romimage: file=$bios
vgaromimage: file=$video
memory: guest=$megabytes, host=$megabytes
cpu: model=$cpu, ips=50000000
clock: sync=none
ata0: enabled=1
ata0-master: type=cdrom, path=$work/disc.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=$work/serial
log: $work/log
panic: action=fatal
error: action=report
MACHINE
: > "$work/serial"
"$bochs" -q -f "$work/bochsrc" > "$work/out" 2>&1 < /dev/null &
machine=$!
tail -n +1 -f --pid=$machine "$work/serial" || true
wait $machine || true
grep -q '^exit status 0' "$work/serial" || { tail -n 5 "$work/log" >&2; exit 1; }
