using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>
/// Keys that the same thread reads next, for other queries. While it multiplies values, which it asked for when it made the scores, memory would have nothing to do:
/// with each line of values it asks for as much of these.
/// </summary>
/// <param name="blocks">The blocks that those queries see; null for none.</param>
/// <param name="count">How many.</param>
/// <param name="cache">Blocks of their KV head.</param>
/// <param name="stride">Bytes from one block to the next.</param>
internal readonly unsafe struct KvAhead(int* blocks, int count, byte* cache, nint stride)
{
    /// <summary>The same keys from some bytes of each block on.</summary>
    public KvAhead From(nint bytes) => new(blocks, count, cache + bytes, stride);

    /// <summary>What to ask for from some bytes of a block on; null where there is no such block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* At(nint block, nint bytes) => block < count ? cache + blocks[block] * stride + bytes : null;

    /// <summary>Asks for some bytes and goes on to the next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Ask<TLanes>(ref byte* next, int bytes) where TLanes : struct, ILanes<TLanes>
    {
        if (next is null) return;
        for (int line = 0; line < bytes; line += 64) LaneFetch<TLanes>.Later(next + line); // scaled elements: some lines twice
        next += bytes;
    }
}
