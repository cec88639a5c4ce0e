using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>
/// Quantises activations: per row and group <c>scale = largest / 127</c>, <c>value = round(x * (127 / largest))</c>, ties to even.
/// A group whose largest size is under 2^-100 counts as zero, with scale 0. A group that holds an infinity or NaN has zeros for
/// values and NaN for scale, so that every output of its row becomes NaN.
/// </summary>
internal static unsafe class RowQuantizer
{
    private const int GroupSize = GroupLayout.GroupSize;
    private const uint SmallestBits = 0x0D800000; // 2^-100: far from where 127 / largest or largest / 127 would overflow or lose bits
    private const uint InfinityBits = 0x7F800000;

    /// <summary>Quantises one row.</summary>
    /// <param name="layout">How its elements are cut into groups.</param>
    /// <param name="row">The elements.</param>
    /// <param name="target">Takes <see cref="GroupLayout.RowBytes"/>.</param>
    /// <param name="plain">Whether to use plain loops; the result is the same.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Quantize(GroupLayout layout, float* row, byte* target, bool plain)
    {
        float* part = stackalloc float[GroupSize];
        for (int chunk = 0; chunk < layout.ChunkCount; chunk++)
        {
            for (int k = layout.ChunkStarts[chunk], end = layout.ChunkStarts[chunk + 1]; k < end; k += GroupSize, target += GroupLayout.RowGroupBytes)
            {
                float* group = row + k;
                if (end - k < GroupSize)
                {
                    for (int i = 0; i < GroupSize; i++) part[i] = k + i < end ? group[i] : 0;
                    group = part;
                }

                if (plain) Plain(group, target);
                else Vectors(group, target);
            }
        }
    }

    private static void Plain(float* x, byte* target)
    {
        uint largest = 0;
        for (int i = 0; i < GroupSize; i++) largest = Math.Max(largest, BitConverter.SingleToUInt32Bits(x[i]) & 0x7FFFFFFF);
        if (!Begin(largest, target, out float factor)) return;
        int sum = 0;
        for (int i = 0; i < GroupSize; i++)
        {
            int value = (int)MathF.Round(x[i] * factor, MidpointRounding.ToEven);
            ((sbyte*)target)[i] = (sbyte)value;
            sum += value;
        }

        End(target, sum);
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
        if (!Begin((uint)half.ToScalar(), target, out float factor)) return;

        var times = Vector256.Create(factor);
        Vector256<int> i = Round(a * times), j = Round(b * times), k = Round(c * times), l = Round(d * times);
        Vector256.Narrow(Vector256.Narrow(i, j), Vector256.Narrow(k, l)).Store((sbyte*)target);
        End(target, Vector256.Sum(i + j + (k + l)));
    }

    /// <summary>Adding 1.5 * 2^23 leaves the nearest whole number in the low bits, ties to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Round(Vector256<float> value) =>
        (value + Vector256.Create(12582912f)).AsInt32() - Vector256.Create(0x4B400000);

    /// <summary>Writes the scale; false when the values are all zero and have been written too.</summary>
    private static bool Begin(uint largestBits, byte* target, out float factor)
    {
        bool finite = largestBits < InfinityBits, counts = finite && largestBits >= SmallestBits;
        float largest = BitConverter.UInt32BitsToSingle(largestBits);
        if (!counts)
        {
            new Span<byte>(target, GroupLayout.RowGroupBytes).Clear();
            factor = 0;
            if (!finite) *(float*)(target + GroupLayout.ScaleOffset) = float.NaN;
            return false;
        }

        factor = 127f / largest;
        *(float*)(target + GroupLayout.ScaleOffset) = largest / 127f;
        return true;
    }

    private static void End(byte* target, int sum)
    {
        *(int*)(target + GroupLayout.Int8StartOffset) = -128 * sum;
        *(int*)(target + GroupLayout.Int4StartOffset) = -8 * sum;
        *(int*)(target + GroupLayout.PairStartOffset) = (ushort)(-8 * sum);
    }
}
