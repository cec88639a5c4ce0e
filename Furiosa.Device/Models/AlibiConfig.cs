namespace Furiosa.Device.Models;

/// <summary>Attention with linear biases: a score grows with its key's position, by a slope of each head.</summary>
/// <param name="MaxBias">Of n heads, n a power of two, head h (from 1) has the slope 2^(-MaxBias h / n); 8 in most models.</param>
public sealed record AlibiConfig(double MaxBias = 8)
{
    /// <summary>Multiplies slope times position (Falcon: what scores are multiplied by).</summary>
    public float Scale { get; init; } = 1;

    /// <summary>Whether slopes, and slope times position, are rounded to bfloat16 first, as Falcon's own code does in any precision.</summary>
    public bool Rounded { get; init; }

    /// <summary>
    /// The slope of each head. Where their number is no power of two, those of the next one stand in: first every second, then those between.
    /// </summary>
    /// <param name="heads">How many, at least 1.</param>
    public float[] Slopes(int heads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        var power = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)heads);
        double[] all = [.. Enumerable.Range(1, power).Select(head => Kernels.DoubleMath.Pow(2, -MaxBias * head / power))];
        var order = power == heads ? all : all.Where((_, i) => i % 2 == 1).Concat(all.Where((_, i) => i % 2 == 0));
        return [.. order.Take(heads).Select(slope => (float)slope)];
    }
}
