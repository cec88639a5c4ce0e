namespace Furiosa.Device.Kernels;

/// <summary>
/// The project's own single-precision exponential. This scalar code is the definition: every vector version must do the
/// same operations in the same order, so that AVX-512, AVX2 and scalar code give the same bits on every machine.
/// </summary>
/// <remarks>
/// <para>Why not <see cref="MathF.Exp"/>: it calls the platform's C library, whose last bit differs between machines.</para>
/// <para>The steps, each one IEEE operation, none reassociated:</para>
/// <list type="number">
/// <item><description><c>t = fma(x, Log2E, RoundingShift)</c>: the sum's low mantissa bits hold k = round(x / ln 2);</description></item>
/// <item><description><c>k = bits(t) - bits(RoundingShift)</c> (integer subtraction), <c>n = t - RoundingShift</c>;</description></item>
/// <item><description><c>r = fma(-n, Ln2High, x)</c>, then <c>r = fma(-n, Ln2Low, r)</c>, |r| at most about 0.3466;</description></item>
/// <item><description><c>p = C6</c>, then <c>p = fma(p, r, C)</c> for C5, C4, C3, C2; <c>p = fma(p, r * r, r)</c>; <c>p = p + 1</c>;</description></item>
/// <item><description><c>y = p * float((k + 127) &lt;&lt; 23)</c>;</description></item>
/// <item><description>last: x below <see cref="ExpLowest"/> gives 0, x above <see cref="ExpHighest"/> gives positive infinity, NaN stays NaN.</description></item>
/// </list>
/// </remarks>
internal static class FloatMath
{
    /// <summary>1 / ln 2, rounded to float.</summary>
    public const float Log2E = 1.44269504f;

    /// <summary>1.5 * 2^23: adding it to a float of moderate size leaves the nearest integer (ties to even) in the low bits.</summary>
    public const float RoundingShift = 12582912f;

    /// <summary>The bits of <see cref="RoundingShift"/>.</summary>
    public const int RoundingShiftBits = 0x4B400000;

    /// <summary>ln 2 rounded to float; products with it are exact inside a fused multiply-add.</summary>
    public const float Ln2High = 0.693147182f;

    /// <summary>ln 2 minus <see cref="Ln2High"/>.</summary>
    public const float Ln2Low = -1.9046543e-09f;

    /// <summary>Coefficient of r^2 (Chebyshev interpolation of (e^r - 1 - r) / r^2 on |r| at most ln 2 / 2; relative error below 1.1e-8).</summary>
    public const float C2 = 0.5f;

    /// <summary>Coefficient of r^3.</summary>
    public const float C3 = 0.166665763f;

    /// <summary>Coefficient of r^4.</summary>
    public const float C4 = 0.0416665561f;

    /// <summary>Coefficient of r^5.</summary>
    public const float C5 = 0.00836317893f;

    /// <summary>Coefficient of r^6.</summary>
    public const float C6 = 0.0013926184f;

    /// <summary>Below this the result is 0: no denormal is ever made.</summary>
    public const float ExpLowest = -87.33f;

    /// <summary>Above this the result is positive infinity, a little before e^x leaves the range of float (88.72), so that one scale factor is enough.</summary>
    public const float ExpHighest = 88.37f;

    /// <summary>Coefficients of (tanh x - x) / x³ in x² on |x| below 0.625 (Chebyshev interpolation; relative error of tanh below 2e-8).</summary>
    public const float T0 = -0.33333328f, T1 = 0.13332719f, T2 = -0.053843264f, T3 = 0.02096133f, T4 = -0.006045165f;

    /// <summary>Coefficients of erf(x) / x in x², ascending, on |x| below 1 (Chebyshev interpolation; relative error below 8e-8).</summary>
    public static ReadOnlySpan<float> ErfSmall =>
        [1.1283792f, -0.37612638f, 0.11283782f, -0.02686543f, 0.0052210316f, -0.00084840803f, 0.00011265959f, -9.6670447e-06f];

    /// <summary>Coefficients of ln(1 - erf(x)) in x, ascending, on 1 to 4 (Chebyshev interpolation; error of erf below 6e-9).</summary>
    public static ReadOnlySpan<float> ErfLarge =>
        [0.00032013806f, -1.1302334f, -0.63182604f, -0.11008009f, 0.026421135f, -0.0047595962f, 0.00059680565f, -4.6058041e-05f, 1.6371514e-06f];

    /// <summary>e to the power <paramref name="x"/>, within about one unit in the last place between <see cref="ExpLowest"/> and <see cref="ExpHighest"/>.</summary>
    /// <param name="x">Any float; NaN gives NaN.</param>
    public static float Exp(float x)
    {
        var shifted = MathF.FusedMultiplyAdd(x, Log2E, RoundingShift);
        var exponent = BitConverter.SingleToInt32Bits(shifted) - RoundingShiftBits;
        var n = shifted - RoundingShift;
        var r = MathF.FusedMultiplyAdd(-n, Ln2High, x);
        r = MathF.FusedMultiplyAdd(-n, Ln2Low, r);

        var p = MathF.FusedMultiplyAdd(C6, r, C5);
        p = MathF.FusedMultiplyAdd(p, r, C4);
        p = MathF.FusedMultiplyAdd(p, r, C3);
        p = MathF.FusedMultiplyAdd(p, r, C2);
        p = MathF.FusedMultiplyAdd(p, r * r, r) + 1f;

        var y = p * BitConverter.Int32BitsToSingle((exponent + 127) << 23);
        if (x < ExpLowest) return 0f;
        return x > ExpHighest ? float.PositiveInfinity : y;
    }
}
