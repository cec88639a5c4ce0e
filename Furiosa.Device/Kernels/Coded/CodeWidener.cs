using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Kernels.Coded;

/// <summary>
/// Widens blocks to floats, 32 columns of one input after another: <c>code * scale</c>, plus the offset where there is one. The product is
/// exact or is the only rounding, so that all instruction sets give the same bits.
/// </summary>
internal static unsafe class CodeWidener
{
    private const float Rebias = 1.329227995784916e36f; // 2^120: the difference of the exponents' biases of float and of 8-bit floats

    /// <summary>Widens some inputs of one block.</summary>
    /// <param name="layout">How the block is laid out.</param>
    /// <param name="block">The block.</param>
    /// <param name="inputs">How many inputs.</param>
    /// <param name="target">Takes 32 floats for each.</param>
    public static void Widen(CodeLayout layout, byte* block, int inputs, float* target)
    {
        if (Avx512F.IsSupported) Widen512(layout, block, inputs, target);
        else if (Avx2.IsSupported) Widen256(layout, block, inputs, target);
        else WidenPlain(layout, block, inputs, target);
    }

    /// <summary>The same in plain loops, for machines without vectors and for tests.</summary>
    public static void WidenPlain(CodeLayout layout, byte* block, int inputs, float* target)
    {
        float* scales = (float*)block, offsets = scales + PackedMatrix.PanelColumns;
        byte* codes = block + layout.CodesOffset;
        for (var i = 0; i < inputs; i++, codes += layout.InputBytes, target += PackedMatrix.PanelColumns)
        {
            for (var column = 0; column < PackedMatrix.PanelColumns; column++)
            {
                var code = layout.IsNarrow ? layout.Table[(codes[column % 16] >> (column / 16 * 4)) & 15]
                    : layout.IsFloat ? WidenFloat(codes[column]) : (sbyte)codes[column];
                var product = code * scales[column];
                target[column] = layout.HasOffset ? product + offsets[column] : product;
            }
        }
    }

    private static float WidenFloat(byte code)
    {
        var size = BitConverter.Int32BitsToSingle((code & 0x7F) << 20) * Rebias;
        return code >= 128 ? -size : size;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Widen512(CodeLayout layout, byte* block, int inputs, float* target)
    {
        Vector512<float> leftScale = Vector512.Load((float*)block), rightScale = Vector512.Load((float*)block + 16);
        Vector512<float> leftOffset = Vector512<float>.Zero, rightOffset = leftOffset;
        var hasOffset = layout.HasOffset;
        if (hasOffset) (leftOffset, rightOffset) = (Vector512.Load((float*)block + 32), Vector512.Load((float*)block + 48));
        byte* codes = block + layout.CodesOffset;
        if (layout.IsFloat)
        {
            for (var i = 0; i < inputs; i++, codes += 32, target += 32)
            {
                (Float512(Vector128.Load(codes)) * leftScale).Store(target);
                (Float512(Vector128.Load(codes + 16)) * rightScale).Store(target + 16);
            }

            return;
        }

        var narrow = layout.IsNarrow;
        var table = narrow ? Vector128.Create(layout.Table) : default;
        for (var i = 0; i < inputs; i++, target += 32)
        {
            Vector128<sbyte> left, right;
            if (narrow)
            {
                var both = Vector128.Load(codes);
                left = Ssse3.Shuffle(table.AsByte(), both & Vector128.Create((byte)15)).AsSByte();
                right = Ssse3.Shuffle(table.AsByte(), (both.AsUInt16() >> 4).AsByte() & Vector128.Create((byte)15)).AsSByte();
                codes += 16;
            }
            else
            {
                (left, right) = (Vector128.Load((sbyte*)codes), Vector128.Load((sbyte*)codes + 16));
                codes += 32;
            }

            var leftProduct = Avx512F.ConvertToVector512Single(Avx512F.ConvertToVector512Int32(left)) * leftScale;
            var rightProduct = Avx512F.ConvertToVector512Single(Avx512F.ConvertToVector512Int32(right)) * rightScale;
            (hasOffset ? leftProduct + leftOffset : leftProduct).Store(target);
            (hasOffset ? rightProduct + rightOffset : rightProduct).Store(target + 16);
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
    private static void Widen256(CodeLayout layout, byte* block, int inputs, float* target)
    {
        byte* codes = block + layout.CodesOffset;
        sbyte* spread = stackalloc sbyte[PackedMatrix.PanelColumns];
        var table = layout.IsNarrow ? Vector128.Create(layout.Table) : default;
        for (var i = 0; i < inputs; i++, codes += layout.InputBytes)
        {
            sbyte* bytes = (sbyte*)codes;
            if (layout.IsNarrow)
            {
                var both = Vector128.Load(codes);
                Ssse3.Shuffle(table.AsByte(), both & Vector128.Create((byte)15)).AsSByte().Store(spread);
                Ssse3.Shuffle(table.AsByte(), (both.AsUInt16() >> 4).AsByte() & Vector128.Create((byte)15)).AsSByte().Store(spread + 16);
                bytes = spread;
            }

            for (var column = 0; column < PackedMatrix.PanelColumns; column += 8, target += 8)
            {
                var product = Value256(layout.IsFloat, bytes + column) * Vector256.Load((float*)block + column);
                (layout.HasOffset ? product + Vector256.Load((float*)block + PackedMatrix.PanelColumns + column) : product).Store(target);
            }
        }
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
