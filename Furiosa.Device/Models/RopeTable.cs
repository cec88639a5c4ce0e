using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>
/// Cosines and sines of positions, computed block by block when a step first comes there: a model may be made for millions of
/// positions, of which most runs see few. They depend on position and configuration only: the angle is float(position) * inverse
/// frequency rounded to float, as Hugging Face computes it, and the functions are our own.
/// </summary>
internal sealed unsafe class RopeTable
{
    /// <summary>Positions that are computed at once.</summary>
    public const int BlockPositions = 256;

    private readonly float[] _inverse;
    private readonly float _scaling;
    private readonly bool _roundsValues;
    private readonly float _direction;

    // Pinned: per position the cosines of all pairs, then the sines.
    private readonly float[]?[] _blocks;
    private readonly Lock _lock = new();

    /// <summary>Makes an empty table.</summary>
    /// <param name="rope">The parameters.</param>
    /// <param name="rotaryDim">Elements of a head that are rotated, even.</param>
    /// <param name="positions">How many positions it can hold: the longest sequence served, which longrope and dynamic scaling go by.</param>
    public RopeTable(RopeConfig rope, int rotaryDim, int positions)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(positions);
        ArgumentOutOfRangeException.ThrowIfNotEqual(rotaryDim % 2, 0, nameof(rotaryDim));
        (PairCount, PositionCount) = (rotaryDim / 2, positions);
        _blocks = new float[]?[(positions - 1) / BlockPositions + 1];
        _inverse = RopeFrequencies.Inverse(rope, rotaryDim, positions);
        _roundsValues = rope is { Bfloat16Frequencies: true, KeepsTable: true };
        if (rope.Bfloat16Frequencies && !_roundsValues) _inverse = Array.ConvertAll(_inverse, PanelPacker.WidenedBf16);
        _direction = rope.Backwards ? -1 : 1;
        _scaling = RopeFrequencies.AttentionScaling(rope);
    }

    /// <summary>Pairs of dimensions: half the rotated elements. Pair i turns elements i and i + PairCount of a head.</summary>
    public int PairCount { get; }

    /// <summary>How many positions the table can hold.</summary>
    public int PositionCount { get; }

    /// <summary>Computes what is missing of some positions; may be called by several threads at once.</summary>
    /// <param name="first">The first position.</param>
    /// <param name="count">How many, at least 1.</param>
    public void Prepare(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, PositionCount - first);
        for (var block = first / BlockPositions; block <= (first + count - 1) / BlockPositions; block++)
        {
            if (Volatile.Read(ref _blocks[block]) is not null) continue;
            lock (_lock)
            {
                if (_blocks[block] is null) Volatile.Write(ref _blocks[block], Compute(block));
            }
        }
    }

    /// <summary>The cosines of one position.</summary>
    /// <param name="position">The position in the sequence, from 0.</param>
    public ReadOnlySpan<float> CosinesAt(int position)
    {
        Prepare(position, 1);
        return new(Row(position), PairCount);
    }

    /// <summary>The sines of one position.</summary>
    /// <param name="position">The position in the sequence, from 0.</param>
    public ReadOnlySpan<float> SinesAt(int position)
    {
        Prepare(position, 1);
        return new(Row(position) + PairCount, PairCount);
    }

    /// <summary>Cosines of a prepared position, and <see cref="PairCount"/> further its sines; valid as long as the table lives.</summary>
    internal float* Row(int position) =>
        (float*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _blocks[position / BlockPositions]![position % BlockPositions * 2 * PairCount]);

    private float[] Compute(int block)
    {
        var first = block * BlockPositions;
        var count = Math.Min(BlockPositions, PositionCount - first);
        var values = GC.AllocateUninitializedArray<float>(checked(count * 2 * PairCount), pinned: true);
        for (var i = 0; i < count; i++)
        {
            var row = values.AsSpan(i * 2 * PairCount, 2 * PairCount);
            for (var pair = 0; pair < PairCount; pair++)
            {
                var (sine, cosine) = DoubleMath.SinCos((float)(first + i) * _inverse[pair]);
                row[pair] = (float)cosine * _scaling;
                row[PairCount + pair] = (float)sine * _scaling * _direction;
            }
        }

        if (!_roundsValues) return values;
        foreach (ref float value in values.AsSpan()) value = PanelPacker.WidenedBf16(value);
        return values;
    }
}
