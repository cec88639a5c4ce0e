using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>
/// Quantises weights, symmetric per group. INT8: <c>scale = half(largest / 127)</c>, values -127 to 127. 4-bit:
/// <c>scale = half(e / -8)</c> where e is the element of largest size with its sign, the first of equals, so that the end of the
/// range that reaches further is used; values -8 to 7.
/// </summary>
internal static unsafe class WeightQuantizer
{
    private const int GroupSize = GroupLayout.GroupSize;
    private const float LargestHalf = 65504;

    /// <summary>Quantises a full group; a shorter one is filled up with zeros by the caller.</summary>
    /// <param name="weights">32 weights.</param>
    /// <param name="bits">8 or 4.</param>
    /// <param name="values">Takes 32 values with 128 or 8 added.</param>
    /// <param name="scale">The scale as half.</param>
    /// <returns>False when a weight is no finite number.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool TryQuantize(float* weights, int bits, byte* values, out Half scale)
    {
        Vector256<float> a = Vector256.Load(weights), b = Vector256.Load(weights + 8), c = Vector256.Load(weights + 16), d = Vector256.Load(weights + 24);
        var most = Vector256.Max(Vector256.Max(Size(a), Size(b)), Vector256.Max(Size(c), Size(d)));
        var half = Vector128.Max(most.GetLower(), most.GetUpper());
        half = Vector128.Max(half, Vector128.Shuffle(half, Vector128.Create(2, 3, 0, 1)));
        half = Vector128.Max(half, Vector128.Shuffle(half, Vector128.Create(1, 0, 3, 2)));
        float largest = BitConverter.Int32BitsToSingle(half.ToScalar());
        scale = default;
        if (!float.IsFinite(largest)) return false;

        float wanted = bits == 8 ? largest / 127f : (IsNegativeAtLargest(weights, largest) ? largest : -largest) / 8f;
        scale = (Half)Math.Clamp(wanted, -LargestHalf, LargestHalf);
        float widened = (float)scale, factor = widened == 0 ? 0 : 1f / widened;
        int offset = bits == 8 ? 128 : 8, low = bits == 8 ? 1 : 0, high = 2 * offset - 1;
        Vector256<int> i = Round(a, factor, offset, low, high), j = Round(b, factor, offset, low, high);
        Vector256<int> k = Round(c, factor, offset, low, high), l = Round(d, factor, offset, low, high);
        Vector256.Narrow(Vector256.Narrow(i, j), Vector256.Narrow(k, l)).AsByte().Store(values);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Size(Vector256<float> value) => value.AsInt32() & Vector256.Create(0x7FFFFFFF);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Round(Vector256<float> weights, float factor, int offset, int low, int high)
    {
        // Clamped as floats first: a scale that was rounded down, or is tiny, may carry a quotient far out of range.
        var quotient = Vector256.ClampNative(weights * Vector256.Create(factor), Vector256.Create(-256f), Vector256.Create(256f));
        var value = (quotient + Vector256.Create(FloatMath.RoundingShift)).AsInt32() - Vector256.Create(FloatMath.RoundingShiftBits - offset);
        return Vector256.Min(Vector256.Max(value, Vector256.Create(low)), Vector256.Create(high));
    }

    private static bool IsNegativeAtLargest(float* weights, float largest)
    {
        for (int i = 0; i < GroupSize; i++)
        {
            if (MathF.Abs(weights[i]) == largest) return weights[i] < 0;
        }

        return false;
    }
}
