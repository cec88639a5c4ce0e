using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels.Compressed;

/// <summary>Reads pairs of a compressed block; of those with an exception it reads something else.</summary>
internal unsafe struct CompressedReader<TLanes> : IPanelReader<TLanes> where TLanes : struct, ILanes<TLanes>
{
    private readonly byte* _table;
    private byte* _pair;

    /// <param name="block">The block.</param>
    /// <param name="first">The first pair that is read.</param>
    public CompressedReader(byte* block, int first)
    {
        _table = block;
        _pair = block + CompressedLayout.HeaderBytes + (nint)first * CompressedLayout.PairBytes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void FetchSoon()
    {
        LaneFetch<TLanes>.Soon(_pair + LaneFetch<TLanes>.AheadBytes);
        LaneFetch<TLanes>.Soon(_pair + LaneFetch<TLanes>.AheadBytes + 64);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Next(out TLanes evenLeft, out TLanes evenRight, out TLanes oddLeft, out TLanes oddRight)
    {
        TLanes.LoadCompressed(_pair, _table, out evenLeft, out evenRight, out oddLeft, out oddRight);
        _pair += CompressedLayout.PairBytes;
    }
}
