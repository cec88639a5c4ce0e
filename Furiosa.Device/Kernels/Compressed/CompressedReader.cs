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
        Words(out var left, out var right);
        evenLeft = TLanes.Bf16Low(left);
        evenRight = TLanes.Bf16Low(right);
        oddLeft = TLanes.Bf16High(left);
        oddRight = TLanes.Bf16High(right);
    }

    /// <summary>The words of an uncompressed pair, as <see cref="Bf16Panel{TLanes}"/> reads them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Words(out TLanes left, out TLanes right)
    {
        if (_pair == 0) _places = TLanes.Load((float*)(_unit + CompressedLayout.NibblesOffset));
        else _places = TLanes.HighNibbles(_places);
        TLanes.CompressedWords(_unit + _pair, _places, _table, out left, out right);
        _pair ^= CompressedLayout.PairWeights;
        if (_pair == 0) _unit += CompressedLayout.UnitBytes;
    }
}
