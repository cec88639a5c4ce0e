using System.Runtime.InteropServices;

namespace Furiosa.Device.Kernels;

/// <summary>
/// Memory for packed weights or for keys and values, whose pieces are made one after another and freed together: regions that the system is asked to keep in
/// huge pages. A step reads every weight once, so with pages of 4 KiB the processor looks up a page for every few panels.
/// Not for use by several threads at once.
/// </summary>
/// <param name="regionBytes">Address space that is taken at once. Memory comes as it is touched; a region whose rest is too small for the next piece leaves the rest of a page unused.</param>
internal sealed unsafe partial class HugePages(long regionBytes = 64 << 20) : IDisposable
{
    private const long HugePageBytes = 2 << 20;
    private const long Alignment = 64;
    private const int DoNotNeed = 4; // MADV_DONTNEED
    private const int AdviseHugePages = 14; // MADV_HUGEPAGE

    private readonly List<NativeBuffer> _regions = [];
    private byte* _next;
    private long _left;

    /// <summary>Zeroed memory on a 64-byte border, kept until this is disposed.</summary>
    /// <param name="bytes">Size; 0 is allowed.</param>
    /// <exception cref="OutOfMemoryException">The system has not that much address space.</exception>
    public byte* Take(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        bytes = RoundUp(bytes, Alignment);
        if (bytes > _left) AddRegion(Math.Max(regionBytes, RoundUp(bytes, HugePageBytes)));
        byte* taken = _next;
        _next += bytes;
        _left -= bytes;
        return taken;
    }

    /// <summary>Makes the piece that was taken last free again.</summary>
    /// <param name="bytes">Its size.</param>
    public void TakeBack(long bytes)
    {
        bytes = RoundUp(bytes, Alignment);
        _next -= bytes;
        _left += bytes;
        if (bytes == 0) return;
        if (_next == StartOf(_regions[^1]))
        {
            // Nothing else lies there, and what comes instead may need more room.
            _regions[^1].Dispose();
            _regions.RemoveAt(_regions.Count - 1);
            _left = 0;
            return;
        }

        Clear(_next, bytes);
    }

    public void Dispose()
    {
        foreach (var region in _regions) region.Dispose();
        _regions.Clear();
        _left = 0;
    }

    private void AddRegion(long bytes)
    {
        var region = new NativeBuffer(bytes + HugePageBytes);
        _regions.Add(region);
        _next = StartOf(region);
        _left = bytes;

        // Advice: where it is refused, pages are small.
        if (OperatingSystem.IsLinux()) _ = Advise(_next, (nuint)bytes, AdviseHugePages);
    }

    /// <summary>Makes memory zero again; whole pages go back to the system, which may never be asked for them.</summary>
    private static void Clear(byte* start, long bytes)
    {
        byte* first = (byte*)RoundUp((long)start, HugePageBytes), end = (byte*)((long)(start + bytes) / HugePageBytes * HugePageBytes);
        if (end <= first || !OperatingSystem.IsLinux() || Advise(first, (nuint)(end - first), DoNotNeed) != 0)
        {
            NativeMemory.Clear(start, (nuint)bytes);
            return;
        }

        NativeMemory.Clear(start, (nuint)(first - start));
        NativeMemory.Clear(end, (nuint)(start + bytes - end));
    }

    private static byte* StartOf(NativeBuffer region) => (byte*)RoundUp((long)region.Pointer, HugePageBytes);

    private static long RoundUp(long value, long unit) => (value + unit - 1) / unit * unit;

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
