#!/usr/bin/env bash
# Makes stand-ins for the two base images of the Dockerfile from this machine's own files, where no public registry can be reached:
# localhost/furiosa-sdk (the .NET SDK and the packages that this checkout has restored) and localhost/furiosa-runtime; and
# localhost/furiosa-prometheus, for prom/prometheus, where Debian's package is installed.
#   docker/stand-in-images.sh [ENGINE]      ENGINE: podman (default) or docker
set -euo pipefail
engine=${1:-podman}
cd "$(dirname "$0")/.."
dotnet_root=$(dirname "$(readlink -f "$(command -v dotnet)")")
packages=${NUGET_PACKAGES:-$HOME/.nuget/packages}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A program with the libraries that it loads, at the places where they are here.
add() {
  local file library
  for file in "$@"; do
    [ -e "$file" ] || continue
    install -D "$(readlink -f "$file")" "$root$file"
    # `|| true`: a script has no libraries.
    { ldd "$(readlink -f "$file")" 2>/dev/null || true; } | grep -oE '/[^ ]+\.so[^ ]*' | while read -r library; do
      [ -e "$root$library" ] || install -D "$(readlink -f "$library")" "$root$library"
    done
  done
}

# What both images hold: a shell and the few tools of the Dockerfile, the C and C++ libraries, certificates, the runtime.
make_root() {
  root=$1
  mkdir -p "$root"/{bin,etc,tmp,proc,sys,dev,root,usr/bin,usr/lib,var/tmp}
  chmod 1777 "$root/tmp" "$root/var/tmp"
  add /bin/bash /bin/mkdir /bin/chmod /bin/ls /bin/cat /bin/sleep /bin/rm /usr/bin/id /usr/bin/env
  ln -s bash "$root/bin/sh"
  add /lib/x86_64-linux-gnu/{libstdc++.so.6,libgcc_s.so.1,libz.so.1,libdl.so.2,libpthread.so.0,librt.so.1,libm.so.6} \
      /lib/x86_64-linux-gnu/{libnss_files.so.2,libnss_dns.so.2,libresolv.so.2} /usr/lib/x86_64-linux-gnu/{libssl.so.3,libcrypto.so.3}
  mkdir -p "$root/etc/ssl" && cp -rL /etc/ssl/certs "$root/etc/ssl/"
  printf 'root:x:0:0:root:/root:/bin/sh\napp:x:1654:1654::/tmp:/bin/sh\n' >"$root/etc/passwd"
  printf 'root:x:0:\napp:x:1654:\n' >"$root/etc/group"
  printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
  mkdir -p "$root$dotnet_root" && cp -r "$dotnet_root"/{dotnet,host,shared} "$root$dotnet_root/"
  ln -s "$dotnet_root/dotnet" "$root/usr/bin/dotnet"
}

settings=(--change "ENV PATH=/usr/bin:/bin" --change "ENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1" --change "ENV DOTNET_RUNNING_IN_CONTAINER=true")

make_root "$work/runtime"
tar -C "$work/runtime" -c . | "$engine" import "${settings[@]}" - localhost/furiosa-runtime:latest >/dev/null

# The SDK and the packages come on top; restoring from a filled folder needs no network.
make_root "$work/sdk"
cp -r "$dotnet_root"/{sdk,sdk-manifests,packs,templates} "$work/sdk$dotnet_root/"
mkdir -p "$work/sdk/root/.nuget" && cp -r "$packages" "$work/sdk/root/.nuget/packages"
tar -C "$work/sdk" -c . | "$engine" import "${settings[@]}" --change "ENV NUGET_PACKAGES=/root/.nuget/packages" - localhost/furiosa-sdk:latest >/dev/null
# Started as Prometheus' own image is, by nobody.
if command -v prometheus >/dev/null; then
  root=$work/prometheus
  mkdir -p "$root"/{bin,etc/prometheus,prometheus,tmp,proc,sys,dev}
  add "$(command -v prometheus)"
  chown 65534:65534 "$root/prometheus"
  cp "$work/runtime/etc/nsswitch.conf" "$root/etc/"
  printf 'nobody:x:65534:65534::/prometheus:/bin/false\n' >"$root/etc/passwd"
  tar -C "$root" -c . | "$engine" import --change "USER 65534" --change "ENTRYPOINT [\"$(command -v prometheus)\"]" \
    --change 'CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]' - localhost/furiosa-prometheus:latest >/dev/null
fi
"$engine" images --filter reference='localhost/furiosa-*'
