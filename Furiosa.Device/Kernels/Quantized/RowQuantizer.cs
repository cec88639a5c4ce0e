using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>
/// Quantises activations: per row and group the scale is the smallest power of two with which <c>largest / scale</c> is under 127.5, and
/// <c>value = round(x / scale)</c>, ties to even. Such a scale takes a product one subtraction (<see cref="GroupLayout.OriginOffset"/>).
/// A group whose largest size is under 2^-100 counts as zero. A group that holds an infinity, NaN, or a size from 127.5 * 2^104 on has
/// zeros for values and NaN for origin, so that every output of its row becomes NaN.
/// </summary>
internal static unsafe class RowQuantizer
{
    private const int GroupSize = GroupLayout.GroupSize;
    private const uint SmallestBits = 0x0D800000; // 2^-100: scaled sums stay far from denormals
    private const uint LimitBits = 0x76FF0000; // 127.5 * 2^104: the largest origin is 1.5 * 2^127
    private const uint OneBits = 0x3F800000;

    /// <summary>Quantises some groups of one row.</summary>
    /// <param name="x">Their elements.</param>
    /// <param name="count">How many there are; the last group is filled up with zeros.</param>
    /// <param name="target">Takes <see cref="GroupLayout.RowGroupBytes"/> for each group.</param>
    /// <param name="plain">Whether to use plain loops; the result is the same.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Quantize(float* x, int count, byte* target, bool plain)
    {
        float* part = stackalloc float[GroupSize];
        for (; count > 0; count -= GroupSize, x += GroupSize, target += GroupLayout.RowGroupBytes)
        {
            float* group = x;
            if (count < GroupSize)
            {
                for (int i = 0; i < GroupSize; i++) part[i] = i < count ? x[i] : 0;
                group = part;
            }

            if (plain) Plain(group, target);
            else Vectors(group, target);
        }
    }

    private static void Plain(float* x, byte* target)
    {
        uint largest = 0;
        for (int i = 0; i < GroupSize; i++) largest = Math.Max(largest, BitConverter.SingleToUInt32Bits(x[i]) & 0x7FFFFFFF);
        if (!Begin(largest, target, out float factor, out int origin)) return;
        int sum = 0;
        for (int i = 0; i < GroupSize; i++)
        {
            int value = (int)MathF.Round(x[i] * factor, MidpointRounding.ToEven);
            ((sbyte*)target)[i] = (sbyte)value;
            sum += value;
        }

        End(target, origin, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Vectors(float* x, byte* target)
    {
        Vector256<float> a = Vector256.Load(x), b = Vector256.Load(x + 8), c = Vector256.Load(x + 16), d = Vector256.Load(x + 24);
        var size = Vector256.Create(0x7FFFFFFF);
        var most = Vector256.Max(
            Vector256.Max(a.AsInt32() & size, b.AsInt32() & size), Vector256.Max(c.AsInt32() & size, d.AsInt32() & size));
        var half = Vector128.Max(most.GetLower(), most.GetUpper());
        half = Vector128.Max(half, Vector128.Shuffle(half, Vector128.Create(2, 3, 0, 1)));
        half = Vector128.Max(half, Vector128.Shuffle(half, Vector128.Create(1, 0, 3, 2)));
        if (!Begin((uint)half.ToScalar(), target, out float factor, out int origin)) return;

        var times = Vector256.Create(factor);
        Vector256<int> i = Round(a * times), j = Round(b * times), k = Round(c * times), l = Round(d * times);
        Vector256.Narrow(Vector256.Narrow(i, j), Vector256.Narrow(k, l)).Store((sbyte*)target);
        End(target, origin, Vector256.Sum(i + j + (k + l)));
    }

    /// <summary>The nearest whole number, ties to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Round(Vector256<float> value) =>
        (value + Vector256.Create(FloatMath.RoundingShift)).AsInt32() - Vector256.Create(FloatMath.RoundingShiftBits);

    /// <summary>Writes the origin; false when the values are all zero and have been written too.</summary>
    private static bool Begin(uint largestBits, byte* target, out float factor, out int origin)
    {
        if (largestBits is < SmallestBits or >= LimitBits)
        {
            factor = 0;
            origin = FloatMath.RoundingShiftBits;
            new Span<byte>(target, GroupSize).Clear();
            *(float*)(target + GroupLayout.OriginOffset) = largestBits < SmallestBits ? FloatMath.RoundingShift : float.NaN;
            End(target, origin, 0);
            return false;
        }

        // What the scale adds to a float's exponent. From a fraction of 127.5 / 64 on the next power of two is taken: a carry.
        uint shift = ((largestBits + 0x00010000) & 0x7F800000) - (6 << 23) - OneBits;
        factor = BitConverter.UInt32BitsToSingle(OneBits - shift);
        origin = FloatMath.RoundingShiftBits + (int)shift;
        *(int*)(target + GroupLayout.OriginOffset) = origin;
        return true;
    }

    private static void End(byte* target, int origin, int sum)
    {
        *(int*)(target + GroupLayout.Int8StartOffset) = origin - 128 * sum;
        *(int*)(target + GroupLayout.Int4StartOffset) = origin - 8 * sum;
        *(int*)(target + GroupLayout.PairStartOffset) = (ushort)(-8 * sum);
    }
}
