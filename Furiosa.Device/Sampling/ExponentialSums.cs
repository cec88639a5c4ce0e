using Furiosa.Device.Kernels;

namespace Furiosa.Device.Sampling;

/// <summary>
/// Exponentials of a row and their sum in an order that no hardware changes: within a block of 1024, lane i of 16 sums the elements
/// i, i + 16, ...; the lanes are added as the tree of i with i + 8, + 4, + 2, + 1; the blocks in ascending order as double.
/// </summary>
internal static class ExponentialSums
{
    public const int BlockSize = 1024;

    private const int Lanes = 16;

    /// <summary>The largest element, or minus infinity.</summary>
    public static float Max(ReadOnlySpan<float> row)
    {
        var max = float.NegativeInfinity;
        foreach (var value in row)
            if (value > max) max = value;
        return max;
    }

    /// <summary><c>weights = exp((row - max) / temperature)</c>, those below <paramref name="lowest"/> set to zero.</summary>
    /// <param name="row">Logits without NaN or plus infinity; may be the same memory as <paramref name="weights"/>.</param>
    /// <param name="max">The row's largest element, finite.</param>
    /// <param name="temperature">Above zero.</param>
    /// <param name="lowest">The smallest weight kept, 0 for all.</param>
    /// <param name="weights">As long as the row.</param>
    /// <param name="blockSums">One sum for each block of <see cref="BlockSize"/>.</param>
    /// <returns>The sum of all weights.</returns>
    public static double Fill(ReadOnlySpan<float> row, float max, float temperature, float lowest, Span<float> weights, Span<float> blockSums)
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

    public static float Weight(float value, float max, float temperature) => FloatMath.Exp((value - max) / temperature);

    public static int BlockCount(int length) => (length + BlockSize - 1) / BlockSize;

    private static float FillBlock(ReadOnlySpan<float> row, float max, float temperature, float lowest, Span<float> weights)
    {
        Span<float> sums = stackalloc float[Lanes];
        sums.Clear();
        for (var i = 0; i < row.Length; i++)
        {
            var weight = Weight(row[i], max, temperature);
            if (weight < lowest) weight = 0;
            weights[i] = weight;
            sums[i % Lanes] += weight;
        }

        for (var half = Lanes / 2; half > 0; half /= 2)
            for (var i = 0; i < half; i++) sums[i] += sums[i + half];
        return sums[0];
    }
}
