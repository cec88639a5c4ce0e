using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>
/// Cosines and sines of every position up to the model's length. They depend on position and configuration only: the angle is
/// float(position) * inverse frequency rounded to float, as Hugging Face computes it, and the functions are our own.
/// </summary>
public sealed class RopeTable
{
    private readonly float[] _cosines;
    private readonly float[] _sines;

    /// <summary>Computes the table.</summary>
    /// <param name="rope">The parameters.</param>
    /// <param name="headDim">Elements of one head, even.</param>
    /// <param name="positions">How many positions.</param>
    public RopeTable(RopeConfig rope, int headDim, int positions)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(positions);
        ArgumentOutOfRangeException.ThrowIfNotEqual(headDim % 2, 0, nameof(headDim));
        (PairCount, PositionCount) = (headDim / 2, positions);
        _cosines = new float[checked(positions * PairCount)];
        _sines = new float[_cosines.Length];

        var inverse = RopeFrequencies.Inverse(rope, headDim);
        if (rope.Bfloat16Frequencies) inverse = Array.ConvertAll(inverse, value => BitConverter.UInt32BitsToSingle((uint)PanelPacker.RoundToBf16(value) << 16));
        var scaling = RopeFrequencies.AttentionScaling(rope);
        Parallel.For(0, positions, position =>
        {
            for (var pair = 0; pair < inverse.Length; pair++)
            {
                var (sine, cosine) = DoubleMath.SinCos((float)position * inverse[pair]);
                _cosines[position * inverse.Length + pair] = (float)cosine * scaling;
                _sines[position * inverse.Length + pair] = (float)sine * scaling;
            }
        });
    }

    /// <summary>Pairs of dimensions: half a head's elements.</summary>
    public int PairCount { get; }

    /// <summary>How many positions the table holds.</summary>
    public int PositionCount { get; }

    /// <summary>All cosines, [<see cref="PositionCount"/>, <see cref="PairCount"/>]: pair i turns elements i and i + headDim / 2 of a head.</summary>
    public ReadOnlyMemory<float> Cosines => _cosines;

    /// <summary>All sines, shaped as <see cref="Cosines"/>.</summary>
    public ReadOnlyMemory<float> Sines => _sines;

    /// <summary>The cosines of one position.</summary>
    /// <param name="position">The position in the sequence, from 0.</param>
    public ReadOnlySpan<float> CosinesAt(int position) => _cosines.AsSpan(position * PairCount, PairCount);

    /// <summary>The sines of one position.</summary>
    /// <param name="position">The position in the sequence, from 0.</param>
    public ReadOnlySpan<float> SinesAt(int position) => _sines.AsSpan(position * PairCount, PairCount);
}
