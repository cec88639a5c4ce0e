using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Furiosa.Device.Kernels.Rounded;

/// <summary>
/// What <c>vdpbf16ps</c> does to one lane, in plain operations: two fused multiply-adds, the odd product before the even one, each rounded to
/// nearest, ties to even. Denormal inputs count as zero, denormal results become zero, and signs stay. Source: the instruction's
/// description in Intel's Software Developer's Manual, volume 2C.
/// </summary>
internal static class PairMath
{
    private const uint SignBit = 0x80000000, ExponentBits = 0x7F800000;
    private const uint SmallestBits = 0x00800000; // the smallest normal number, 2^-126

    /// <summary>A denormal number becomes zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Flush(Vector256<uint> value)
    {
        var tiny = Vector256.Equals(value & Vector256.Create(ExponentBits), Vector256<uint>.Zero);
        return Vector256.ConditionalSelect(tiny, value & Vector256.Create(SignBit), value);
    }

    /// <summary><c>left * right + addend</c> of numbers that are no denormals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> left, Vector256<float> right, Vector256<float> addend)
    {
        var sum = Vector256.FusedMultiplyAdd(left, right, addend).AsUInt32();
        if (Vector256.EqualsAny(sum & Vector256.Create(~SignBit), Vector256.Create(SmallestBits))) sum = Careful(left, right, addend, sum);
        return Flush(sum).AsSingle();
    }

    /// <summary>
    /// The smallest normal number may have come of a sum that is below it and was rounded to the multiple of 2^-149 that it is. The
    /// instruction keeps 24 bits of such a sum, finds it denormal, and makes it zero.
    /// </summary>
    private static Vector256<uint> Careful(Vector256<float> left, Vector256<float> right, Vector256<float> addend, Vector256<uint> sum)
    {
        for (int i = 0; i < Vector256<uint>.Count; i++)
        {
            if ((sum[i] & ~SignBit) == SmallestBits && IsBelow((double)left[i] * right[i], addend[i]))
                sum = sum.WithElement(i, sum[i] & SignBit);
        }

        return sum;
    }

    /// <summary>Whether the exact sum is nearer to zero than what 24 bits round to 2^-126.</summary>
    private static bool IsBelow(double product, double addend)
    {
        const double Limit = 33554431 * 3.5032461608120427e-46; // 2^-126 - 2^-151
        double sum = product + addend, part = sum - product, lost = product - (sum - part) + (addend - part);
        return Math.Abs(sum) < Limit || (Math.Abs(sum) == Limit && lost * sum < 0);
    }
}
