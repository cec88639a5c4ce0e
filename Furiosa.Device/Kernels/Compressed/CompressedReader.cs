using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels.Compressed;

/// <summary>Reads units of a compressed block; where there are exceptions it reads something else.</summary>
internal unsafe struct CompressedReader<TLanes> : IPanelReader<TLanes> where TLanes : struct, ILanes<TLanes>
{
    private readonly TLanes _table;
    private TLanes _places;
    private byte* _unit;
    private nint _pair; // where the pair that is read next has its lower bytes in the unit

    /// <param name="block">The block.</param>
    /// <param name="first">The first input that is read, a multiple of four.</param>
    public CompressedReader(byte* block, int first)
    {
        _table = TLanes.LoadTable(block);
        _unit = block + CompressedLayout.HeaderBytes + (nint)(first / CompressedLayout.UnitInputs) * CompressedLayout.UnitBytes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void FetchSoon()
    {
        LaneFetch<TLanes>.Soon(_unit + _pair + LaneFetch<TLanes>.AheadBytes);
        LaneFetch<TLanes>.Soon(_unit + _pair + LaneFetch<TLanes>.AheadBytes + 64);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Next(out TLanes evenLeft, out TLanes evenRight, out TLanes oddLeft, out TLanes oddRight)
    {
        if (_pair == 0) _places = TLanes.Load((float*)(_unit + CompressedLayout.NibblesOffset));
        else _places = TLanes.HighNibbles(_places);
        TLanes.WidenCompressed(_unit + _pair, _places, _table, out evenLeft, out evenRight, out oddLeft, out oddRight);
        _pair ^= CompressedLayout.PairWeights;
        if (_pair == 0) _unit += CompressedLayout.UnitBytes;
    }
}
