namespace Furiosa.Device.Kernels;

/// <summary>
/// Double-precision logarithm, exponential, power, sine and cosine of our own, a few units in the last place from exact:
/// rounded to float they give the same bits on every machine, which the platform's C library does not promise.
/// Used off the hot path (log-probabilities, rotary tables).
/// </summary>
internal static class DoubleMath
{
    private const double Ln2High = 6.93147180369123816490e-01; // the leading 33 bits of ln 2: products with small integers are exact
    private const double Ln2Low = 1.90821492927058770002e-10;
    private const double HalfPiHigh = 1.57079632673412561417e+00; // pi / 2 in three parts of 33 bits
    private const double HalfPiMiddle = 6.07710050630396597660e-11;
    private const double HalfPiLow = 2.02226624879595063154e-21;

    /// <summary>Natural logarithm; zero gives negative infinity, negative and NaN give NaN.</summary>
    public static double Log(double x)
    {
        if (double.IsNaN(x) || x < 0) return double.NaN;
        if (x == 0) return double.NegativeInfinity;
        if (double.IsPositiveInfinity(x)) return x;

        var exponent = 0;
        if (x < 2.2250738585072014e-308) { x *= 18014398509481984.0; exponent -= 54; }
        var bits = BitConverter.DoubleToInt64Bits(x);
        exponent += (int)((bits >> 52) & 0x7FF) - 1023;
        var mantissa = BitConverter.Int64BitsToDouble((bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000);
        if (mantissa > 1.4142135623730951) { mantissa *= 0.5; exponent++; }

        // ln m = 2 artanh(s), s = (m - 1) / (m + 1), |s| at most 0.1716; the series to s^23 is exact to double precision.
        var s = (mantissa - 1) / (mantissa + 1);
        var square = s * s;
        var sum = 1.0 / 23;
        for (var k = 21; k >= 3; k -= 2) sum = Math.FusedMultiplyAdd(sum, square, 1.0 / k);
        var log = 2 * Math.FusedMultiplyAdd(sum * square, s, s);
        return exponent * Ln2High + (exponent * Ln2Low + log);
    }

    /// <summary>e to the power <paramref name="x"/>; below -708 gives 0, above 709 gives positive infinity.</summary>
    public static double Exp(double x)
    {
        if (double.IsNaN(x)) return x;
        if (x < -708) return 0;
        if (x > 709) return double.PositiveInfinity;

        var n = Math.Round(x * 1.4426950408889634);
        var r = x - n * Ln2High - n * Ln2Low;
        var sum = 1.0;
        for (var k = 14; k >= 1; k--) sum = Math.FusedMultiplyAdd(sum, r / k, 1.0);
        return sum * BitConverter.Int64BitsToDouble(((long)n + 1023) << 52);
    }

    /// <summary><paramref name="x"/> to the power <paramref name="y"/> for positive finite <paramref name="x"/>.</summary>
    public static double Pow(double x, double y) => y == 0 ? 1 : Exp(y * Log(x));

    /// <summary>Sine and cosine of an angle in radians, of size up to about 10^9.</summary>
    public static (double Sin, double Cos) SinCos(double angle)
    {
        var n = Math.Round(angle * 0.63661977236758134);
        var r = Math.FusedMultiplyAdd(-n, HalfPiHigh, angle);
        r = Math.FusedMultiplyAdd(-n, HalfPiMiddle, r);
        r = Math.FusedMultiplyAdd(-n, HalfPiLow, r);
        var square = r * r;

        // Taylor on |r| at most pi / 4: the first terms left out are below 1e-17.
        var sin = 1.0;
        for (var k = 16; k >= 2; k -= 2) sin = Math.FusedMultiplyAdd(sin, -square / (k * (k + 1)), 1.0);
        sin *= r;
        var cos = 1.0;
        for (var k = 17; k >= 1; k -= 2) cos = Math.FusedMultiplyAdd(cos, -square / (k * (k + 1)), 1.0);

        return ((long)n & 3) switch
        {
            0 => (sin, cos),
            1 => (cos, -sin),
            2 => (-sin, -cos),
            _ => (-cos, sin),
        };
    }
}
