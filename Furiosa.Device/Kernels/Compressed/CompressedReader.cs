using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels.Compressed;

/// <summary>Reads units of compressed blocks that lie behind one another; where there are exceptions it reads something else.</summary>
internal unsafe struct CompressedReader<TLanes> : IPanelReader<TLanes> where TLanes : struct, ILanes<TLanes>
{
    private const int BlockPairs = CompressedLayout.BlockInputs / 2;

    private TLanes _table;
    private TLanes _places;
    private byte* _unit;
    private nint _pairs; // of the block that were read: more than four fields would not be kept in registers

    /// <param name="blocks">The first block.</param>
    /// <param name="first">The first input that is read, a multiple of four.</param>
    public CompressedReader(byte* blocks, int first)
    {
        byte* block = CompressedLayout.BlockOf(blocks, ref first);
        _table = TLanes.LoadTable(block);
        _unit = block + CompressedLayout.HeaderBytes + (nint)(first / CompressedLayout.UnitInputs) * CompressedLayout.UnitBytes;
        _pairs = first / 2;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void FetchSoon()
    {
        byte* line = _unit + (_pairs & 1) * CompressedLayout.PairWeights + LaneFetch<TLanes>.AheadBytes;
        LaneFetch<TLanes>.Soon(line);
        LaneFetch<TLanes>.Soon(line + 64);
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
        if ((_pairs & 1) == 0)
        {
            if (_pairs == BlockPairs) BeginBlock();
            _places = TLanes.Load((float*)(_unit + CompressedLayout.NibblesOffset));
            TLanes.CompressedWords(_unit, _places, _table, out left, out right);
            _pairs++;
        }
        else
        {
            _places = TLanes.HighNibbles(_places);
            TLanes.CompressedWords(_unit + CompressedLayout.PairWeights, _places, _table, out left, out right);
            _pairs++;
            _unit += CompressedLayout.UnitBytes;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void BeginBlock()
    {
        _table = TLanes.LoadTable(_unit);
        _unit += CompressedLayout.HeaderBytes;
        _pairs = 0;
    }
}
