using Furiosa.Device.Kernels;

namespace Furiosa.Device.Sampling;

/// <summary>
/// Exponentials of a row and their sum in an order that no hardware changes: within a block of 1024, lane i of 16 sums the elements
/// i, i + 16, ...; the lanes are added as the tree of i with i + 8, + 4, + 2, + 1; the blocks in ascending order as double.
/// </summary>
internal abstract class ExponentialSums
{
    public const int BlockSize = 1024;

    protected const int LaneCount = 16;

    public static ExponentialSums For(KernelLevel level) => KernelLevels.Resolve(level) switch
    {
        KernelLevel.Vnni512 or KernelLevel.Vector512 => new ExponentialSums<Lanes512>(),
        KernelLevel.Vector256 => new ExponentialSums<Lanes256>(),
        KernelLevel.Scalar => new ExponentialSums<LanesScalar>(),
        var other => throw new ArgumentOutOfRangeException(nameof(level), other, "no lanes are known for it"),
    };

    public static int BlockCount(int length) => (length + BlockSize - 1) / BlockSize;

    /// <summary><c>exp((value - max) / temperature)</c>: what <see cref="Fill"/> writes for one element.</summary>
    public static float Weight(float value, float max, float temperature) => FloatMath.Exp((value - max) / temperature);

    /// <summary><c>weights = exp((row - max) / temperature)</c>, those below <paramref name="lowest"/> set to zero.</summary>
    /// <param name="row">Logits without NaN or plus infinity.</param>
    /// <param name="max">The row's largest element, finite.</param>
    /// <param name="temperature">Above zero.</param>
    /// <param name="lowest">The smallest weight kept, 0 for all.</param>
    /// <param name="weights">As long as the row.</param>
    /// <param name="blockSums">One sum for each block of <see cref="BlockSize"/>.</param>
    /// <returns>The sum of all weights.</returns>
    public double Fill(ReadOnlySpan<float> row, float max, float temperature, float lowest, Span<float> weights, Span<float> blockSums)
    {
        var total = 0.0;
        for (var block = 0; block * BlockSize < row.Length; block++)
        {
            var start = block * BlockSize;
            var size = Math.Min(BlockSize, row.Length - start);
            blockSums[block] = FillBlock(row.Slice(start, size), max, temperature, lowest, weights.Slice(start, size));
            total += blockSums[block];
        }

        return total;
    }

    /// <summary>One block; returns its sum.</summary>
    protected abstract float FillBlock(ReadOnlySpan<float> row, float max, float temperature, float lowest, Span<float> weights);
}

/// <summary>The sums over one lane type.</summary>
internal sealed unsafe class ExponentialSums<TLanes> : ExponentialSums where TLanes : struct, ILanes<TLanes>
{
    protected override float FillBlock(ReadOnlySpan<float> row, float max, float temperature, float lowest, Span<float> weights)
    {
        var sums = TLanes.Zero;
        var whole = row.Length - row.Length % LaneCount;
        fixed (float* source = row, destination = weights)
        {
            for (var i = 0; i < whole; i += LaneCount)
            {
                var weight = LaneMath.Exp((TLanes.Load(source + i) - TLanes.Broadcast(max)) / TLanes.Broadcast(temperature));
                weight = TLanes.WhereBelow(weight, lowest, TLanes.Zero, weight);
                TLanes.Store(destination + i, weight);
                sums += weight;
            }
        }

        var lanes = stackalloc float[LaneCount];
        TLanes.Store(lanes, sums);
        for (var i = whole; i < row.Length; i++)
        {
            var weight = Weight(row[i], max, temperature);
            weights[i] = weight < lowest ? 0 : weight;
            lanes[i - whole] += weights[i];
        }

        return TLanes.Sum(TLanes.Load(lanes));
    }
}
