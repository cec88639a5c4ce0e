using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Kernels.Coded;

/// <summary>
/// Widens groups to floats, 32 columns of one input after another: <c>code * scale</c>, plus the offset where there is one. The product is
/// exact or is the only rounding, so that all instruction sets give the same bits.
/// </summary>
internal static unsafe class CodeWidener
{
    private const int Columns = PackedMatrix.PanelColumns;
    private const int WordInputs = CodeLayout.WordInputs;
    private const float Rebias = 1.329227995784916e36f; // 2^120: the difference of the exponents' biases of float and of 8-bit floats

    /// <summary>Widens some inputs of one group.</summary>
    /// <param name="layout">How the block is laid out.</param>
    /// <param name="block">The block.</param>
    /// <param name="group">Its group.</param>
    /// <param name="inputs">How many inputs.</param>
    /// <param name="target">Takes 32 floats for each.</param>
    [SkipLocalsInit]
    public static void Widen(CodeLayout layout, byte* block, byte* group, int inputs, float* target)
    {
        float* room = stackalloc float[CodeScaleReader.MostFloats], scales = CodeScaleReader.Read(layout, block, group, room);
        if (Avx512F.IsSupported) Widen512(layout, scales, group + layout.CodesOffset, inputs, target);
        else if (Avx2.IsSupported) Widen256(layout, scales, group + layout.CodesOffset, inputs, target);
        else WidenPlain(layout, scales, group + layout.CodesOffset, inputs, target);
    }

    /// <summary>The same in plain loops, for machines without vectors and for tests.</summary>
    public static void WidenPlain(CodeLayout layout, byte* block, byte* group, int inputs, float* target)
    {
        float* room = stackalloc float[CodeScaleReader.MostFloats];
        WidenPlain(layout, CodeScaleReader.Read(layout, block, group, room), group + layout.CodesOffset, inputs, target);
    }

    private static void WidenPlain(CodeLayout layout, float* scales, byte* codes, int inputs, float* target)
    {
        for (var i = 0; i < inputs; i++, target += Columns)
        {
            for (var column = 0; column < Columns; column++)
            {
                var code = layout.IsNarrow ? layout.Table[(int)(((uint*)codes)[i / WordInputs * Columns + column] >> (i % WordInputs * 4)) & 15]
                    : layout.IsFloat ? WidenFloat(codes[i * Columns + column]) : (sbyte)codes[i * Columns + column];
                var product = code * scales[column];
                target[column] = layout.HasOffset ? product + scales[Columns + column] : product;
            }
        }
    }

    private static float WidenFloat(byte code)
    {
        var size = BitConverter.Int32BitsToSingle((code & 0x7F) << 20) * Rebias;
        return code >= 128 ? -size : size;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Widen512(CodeLayout layout, float* scales, byte* codes, int inputs, float* target)
    {
        Vector512<float> leftScale = Vector512.Load(scales), rightScale = Vector512.Load(scales + 16), leftOffset = Vector512<float>.Zero, rightOffset = leftOffset;
        var hasOffset = layout.HasOffset;
        if (hasOffset) (leftOffset, rightOffset) = (Vector512.Load(scales + Columns), Vector512.Load(scales + Columns + 16));
        if (layout.IsFloat)
        {
            for (var i = 0; i < inputs; i++, codes += Columns, target += Columns)
            {
                (Float512(Vector128.Load(codes)) * leftScale).Store(target);
                (Float512(Vector128.Load(codes + 16)) * rightScale).Store(target + 16);
            }

            return;
        }

        if (!layout.IsNarrow)
        {
            for (var i = 0; i < inputs; i++, codes += Columns, target += Columns)
            {
                Vector512<float> left = CodedRow.Bytes((sbyte*)codes) * leftScale, right = CodedRow.Bytes((sbyte*)codes + 16) * rightScale;
                (hasOffset ? left + leftOffset : left).Store(target);
                (hasOffset ? right + rightOffset : right).Store(target + 16);
            }

            return;
        }

        var table = CodedRow.TableOf(layout);
        for (; inputs > 0; inputs -= WordInputs, codes += 2 * Vector512<byte>.Count)
        {
            Vector512<int> leftWords = Vector512.Load((int*)codes), rightWords = Vector512.Load((int*)codes + 16);
            for (float* end = target + (Math.Min(WordInputs, inputs) * Columns); target < end; target += Columns, leftWords >>>= 4, rightWords >>>= 4)
            {
                Vector512<float> left = Avx512F.PermuteVar16x32(table, leftWords), right = Avx512F.PermuteVar16x32(table, rightWords);

                // The product is exact, so that it and the sum may be rounded as one.
                (hasOffset ? Vector512.FusedMultiplyAdd(left, leftScale, leftOffset) : left * leftScale).Store(target);
                (hasOffset ? Vector512.FusedMultiplyAdd(right, rightScale, rightOffset) : right * rightScale).Store(target + 16);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Float512(Vector128<byte> codes)
    {
        var wide = Avx512F.ConvertToVector512Int32(codes);
        var size = ((wide & Vector512.Create(0x7F)) << 20).AsSingle() * Vector512.Create(Rebias);
        return (size.AsInt32() | ((wide & Vector512.Create(0x80)) << 24)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Widen256(CodeLayout layout, float* scales, byte* codes, int inputs, float* target)
    {
        var table = layout.IsNarrow ? Vector256.Create(Vector128.Create(layout.Table), Vector128.Create(layout.Table)).AsByte() : default;
        for (var i = 0; i < inputs; i++)
        {
            for (var column = 0; column < Columns; column += 8, target += 8)
            {
                var value = layout.IsNarrow ? Nibbles256((int*)codes + (i / WordInputs * Columns) + column, i % WordInputs * 4, table)
                    : Value256(layout.IsFloat, (sbyte*)codes + (i * Columns) + column);
                var product = value * Vector256.Load(scales + column);
                (layout.HasOffset ? product + Vector256.Load(scales + Columns + column) : product).Store(target);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Nibbles256(int* words, int shift, Vector256<byte> table)
    {
        var places = (Vector256.Load(words) >>> shift) & Vector256.Create(15);
        return Vector256.ConvertToSingle(Avx2.Shuffle(table, places.AsByte()).AsInt32() << 24 >> 24);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Value256(bool isFloat, sbyte* codes)
    {
        var wide = Avx2.ConvertToVector256Int32(codes);
        if (!isFloat) return Vector256.ConvertToSingle(wide);
        var size = ((wide & Vector256.Create(0x7F)) << 20).AsSingle() * Vector256.Create(Rebias);
        return (size.AsInt32() | ((wide & Vector256.Create(0x80)) << 24)).AsSingle();
    }
}
