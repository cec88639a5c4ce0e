using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>
/// The inverse frequencies of the rotary embedding, by the definitions Hugging Face uses. Each step is rounded to float where
/// Hugging Face computes in float32, from double-precision functions of our own, so that no machine's C library has a say.
/// </summary>
internal static class RopeFrequencies
{
    /// <summary>Radians per position of each pair of dimensions.</summary>
    /// <param name="rope">The parameters.</param>
    /// <param name="headDim">Elements of one head, even.</param>
    /// <returns><paramref name="headDim"/> / 2 values, the highest frequency first.</returns>
    public static float[] Inverse(RopeConfig rope, int headDim)
    {
        var powers = new float[headDim / 2]; // theta^(2i / headDim)
        for (var i = 0; i < powers.Length; i++) powers[i] = (float)DoubleMath.Pow(rope.Theta, 2f * i / headDim);
        return rope.Type switch
        {
            RopeType.Linear => Array.ConvertAll(powers, power => 1f / power / (float)rope.Factor),
            RopeType.Llama3 => Array.ConvertAll(powers, power => Llama3(1f / power, rope)),
            RopeType.Yarn => Yarn(powers, rope, headDim),
            _ => Array.ConvertAll(powers, power => 1f / power),
        };
    }

    /// <summary>The factor on every cosine and sine: 1 except for yarn.</summary>
    /// <param name="rope">The parameters.</param>
    public static float AttentionScaling(RopeConfig rope)
    {
        if (rope.Type != RopeType.Yarn) return 1f;
        if (rope.AttentionFactor is { } given) return (float)given;
        if (rope.Mscale is > 0 and var mscale && rope.MscaleAllDim is > 0 and var mscaleAllDim)
            return (float)(YarnScale(rope.Factor, mscale) / YarnScale(rope.Factor, mscaleAllDim));
        return (float)YarnScale(rope.Factor, 1);
    }

    private static double YarnScale(double factor, double mscale) => factor <= 1 ? 1 : 0.1 * mscale * DoubleMath.Log(factor) + 1;

    private static float Llama3(float inverse, RopeConfig rope)
    {
        float factor = (float)rope.Factor, low = (float)rope.LowFrequencyFactor, high = (float)rope.HighFrequencyFactor;
        float original = rope.OriginalMaxPositions;
        var wavelength = 2f * MathF.PI / inverse;
        if (wavelength < original / high) return inverse;
        if (wavelength > original / low) return inverse / factor;
        var smooth = (original / wavelength - low) / (high - low);
        return (1f - smooth) * inverse / factor + smooth * inverse;
    }

    private static float[] Yarn(float[] powers, RopeConfig rope, int headDim)
    {
        var low = CorrectionDimension(rope.BetaFast, rope, headDim);
        var high = CorrectionDimension(rope.BetaSlow, rope, headDim);
        if (rope.Truncate) (low, high) = (Math.Floor(low), Math.Ceiling(high));
        low = Math.Max(low, 0);
        high = Math.Min(high, headDim - 1);
        if (low == high) high += 0.001; // no division by zero

        var inverses = new float[powers.Length];
        for (var i = 0; i < inverses.Length; i++)
        {
            var kept = 1f - Math.Clamp((float)((i - low) / (high - low)), 0f, 1f);
            var divided = 1f / ((float)rope.Factor * powers[i]);
            inverses[i] = divided * (1f - kept) + 1f / powers[i] * kept;
        }

        return inverses;
    }

    // The dimension that turns this many times within the original length.
    private static double CorrectionDimension(double rotations, RopeConfig rope, int headDim) =>
        headDim * DoubleMath.Log(rope.OriginalMaxPositions / (rotations * 2 * Math.PI)) / (2 * DoubleMath.Log(rope.Theta));
}
