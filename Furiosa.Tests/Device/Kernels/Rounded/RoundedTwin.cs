using System.Numerics;
using Furiosa.Device.Kernels;

namespace Furiosa.Tests.Device.Kernels.Rounded;

/// <summary>Products of rows rounded to BF16 in the plainest loops, in whole numbers: what every kernel must equal to the bit.</summary>
internal static class RoundedTwin
{
    /// <summary>One chunk: pairs from its beginning, the odd input of each first.</summary>
    public static float Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> w)
    {
        float sum = 0;
        for (int k = 0; k < x.Length; k += 2)
        {
            sum = k + 1 < x.Length ? Add(PanelPacker.WidenedBf16(x[k + 1]), w[k + 1], sum) : Add(0, 0, sum);
            sum = Add(PanelPacker.WidenedBf16(x[k]), w[k], sum);
        }

        return sum;
    }

    /// <summary>The eight chunks of the numerics rule, as a tree.</summary>
    public static float ChunkedDot(ReadOnlySpan<float> x, ReadOnlySpan<float> w, int unit) =>
        TwinMath.ChunkedDot(x, w, unit, Dot);

    /// <summary><c>x * w + sum</c> rounded once to 24 bits of whatever size, then to zero under 2^-126; what goes in likewise.</summary>
    public static float Add(float x, float w, float sum)
    {
        (x, w, sum) = (Flushed(x), Flushed(w), Flushed(sum));
        if (!float.IsFinite(x) || !float.IsFinite(w) || !float.IsFinite(sum)) return MathF.FusedMultiplyAdd(x, w, sum);
        var (xm, xe) = Parts(x);
        var (wm, we) = Parts(w);
        var (sm, se) = Parts(sum);
        int low = Math.Min(xe + we, se);
        BigInteger exact = ((BigInteger)xm * wm << (xe + we - low)) + ((BigInteger)sm << (se - low));
        if (exact.IsZero) return x * w + sum; // the sign of a zero is IEEE's: nothing is rounded
        var size = BigInteger.Abs(exact);
        int cut = (int)size.GetBitLength() - 24;
        if (cut > 0)
        {
            BigInteger kept = size >> cut, rest = size - (kept << cut), half = BigInteger.One << (cut - 1);
            if (rest > half || (rest == half && !kept.IsEven)) kept++;
            (size, low) = (kept, low + cut);
        }

        double value = Math.ScaleB((double)size, low);
        if (value < Math.ScaleB(1, -126)) value = 0;
        return exact.Sign < 0 ? -(float)value : (float)value;
    }

    private static float Flushed(float value) => float.IsSubnormal(value) ? MathF.CopySign(0, value) : value;

    private static (int Mantissa, int Exponent) Parts(float value)
    {
        int bits = BitConverter.SingleToInt32Bits(value), exponent = bits >> 23 & 255;
        if (exponent == 0) return (0, 0);
        int mantissa = (bits & 0x7FFFFF) | 0x800000;
        return (bits < 0 ? -mantissa : mantissa, exponent - 150);
    }
}
