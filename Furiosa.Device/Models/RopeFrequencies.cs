using System.Collections.Immutable;
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
    /// <param name="rotaryDim">Elements of a head that are rotated, even.</param>
    /// <param name="longest">The longest sequence served, which longrope and dynamic scaling go by.</param>
    /// <returns><paramref name="rotaryDim"/> / 2 values, the highest frequency first.</returns>
    public static float[] Inverse(RopeConfig rope, int rotaryDim, int longest = 0)
    {
        var theta = rope.Type == RopeType.Dynamic ? DynamicTheta(rope, rotaryDim, longest) : rope.Theta;
        var powers = new float[rotaryDim / 2]; // theta^(2i / rotaryDim)
        for (var i = 0; i < powers.Length; i++) powers[i] = (float)DoubleMath.Pow(theta, 2f * i / rotaryDim);
        return rope.Type switch
        {
            RopeType.LongRope => LongRope(powers, longest > rope.OriginalMaxPositions ? rope.LongFactors : rope.ShortFactors),
            RopeType.Linear => Array.ConvertAll(powers, power => 1f / power / (float)rope.Factor),
            RopeType.Llama3 => Array.ConvertAll(powers, power => Llama3(1f / power, rope)),
            RopeType.Yarn => Yarn(powers, rope, rotaryDim),
            _ => Array.ConvertAll(powers, power => 1f / power),
        };
    }

    /// <summary>The factor on every cosine and sine: 1 except for yarn and longrope.</summary>
    /// <param name="rope">The parameters.</param>
    public static float AttentionScaling(RopeConfig rope)
    {
        if (rope.Type is not (RopeType.Yarn or RopeType.LongRope)) return 1f;
        if (rope.AttentionFactor is { } given) return (float)given;
        if (rope.Type == RopeType.LongRope)
            return rope.Factor <= 1 ? 1f : (float)Math.Sqrt(1 + DoubleMath.Log(rope.Factor) / DoubleMath.Log(rope.OriginalMaxPositions));
        if (rope.Mscale is > 0 and var mscale && rope.MscaleAllDim is > 0 and var mscaleAllDim)
            return (float)(YarnScale(rope.Factor, mscale) / YarnScale(rope.Factor, mscaleAllDim));
        return (float)YarnScale(rope.Factor, 1);
    }

    private static double YarnScale(double factor, double mscale) => factor <= 1 ? 1 : 0.1 * mscale * DoubleMath.Log(factor) + 1;

    // Unchanged up to the trained length; beyond it the lowest frequency is stretched as linear scaling would.
    private static double DynamicTheta(RopeConfig rope, int rotaryDim, int longest)
    {
        double ratio = Math.Max(1, (double)longest / rope.OriginalMaxPositions), power = rotaryDim / (rotaryDim - 2.0);
        return rope.Theta * DoubleMath.Pow(rope.Factor * ratio - (rope.Factor - 1), power);
    }

    private static float[] LongRope(float[] powers, ImmutableArray<double> factors)
    {
        var inverses = new float[powers.Length];
        for (var i = 0; i < inverses.Length; i++) inverses[i] = 1f / ((float)factors[i] * powers[i]);
        return inverses;
    }

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

    private static float[] Yarn(float[] powers, RopeConfig rope, int rotaryDim)
    {
        var low = CorrectionDimension(rope.BetaFast, rope, rotaryDim);
        var high = CorrectionDimension(rope.BetaSlow, rope, rotaryDim);
        if (rope.Truncate) (low, high) = (Math.Floor(low), Math.Ceiling(high));
        low = Math.Max(low, 0);
        high = Math.Min(high, rotaryDim - 1);
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
    private static double CorrectionDimension(double rotations, RopeConfig rope, int rotaryDim) =>
        rotaryDim * DoubleMath.Log(rope.OriginalMaxPositions / (rotations * 2 * Math.PI)) / (2 * DoubleMath.Log(rope.Theta));
}
