using System.Runtime.CompilerServices;
using Furiosa.Device.Kernels;

namespace Furiosa.Device.Kv;

/// <summary>Stores one position's key and value of one head, in the cache's type.</summary>
internal static unsafe class KvWriter
{
    // Below this the factor that makes codes would overflow; such a key or value is kept as zeros.
    private const float Least = 1e-36f;

    /// <param name="blocks">Blocks of this layer and KV head.</param>
    /// <param name="shape">Sizes.</param>
    /// <param name="block">The block.</param>
    /// <param name="slot">The position's place in it.</param>
    /// <param name="key">A key of <see cref="AttentionShape.HeadDim"/> elements, rotated.</param>
    /// <param name="value">A value of <see cref="AttentionShape.ValueDim"/> elements.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Store(byte* blocks, in AttentionShape shape, int block, int slot, float* key, float* value)
    {
        const int Stride = AttentionShape.BlockPositions;
        blocks += block * shape.BlockStride;
        int elementBytes = shape.Dtype.ElementBytes();
        byte* keys = blocks + slot * elementBytes, values = blocks + (Stride * shape.HeadDim + slot * shape.ValueStride) * elementBytes;
        switch (shape.Dtype)
        {
            case KvCacheDtype.Float32:
                for (int d = 0; d < shape.HeadDim; d++) ((float*)keys)[d * Stride] = key[d];
                Buffer.MemoryCopy(value, values, shape.ValueDim * sizeof(float), shape.ValueDim * sizeof(float));
                break;
            case KvCacheDtype.Bfloat16:
                for (int d = 0; d < shape.HeadDim; d++) ((ushort*)keys)[d * Stride] = PanelPacker.RoundToBf16(key[d]);
                for (int d = 0; d < shape.ValueDim; d++) ((ushort*)values)[d] = PanelPacker.RoundToBf16(value[d]);
                break;
            default:
                float* scales = (float*)(blocks + shape.ScaleOffset) + slot;
                scales[0] = Quantize(key, shape.HeadDim, (sbyte*)keys, Stride);
                scales[Stride] = Quantize(value, shape.ValueDim, (sbyte*)values, 1);
                break;
        }
    }

    /// <summary>Writes the codes and returns the scale: NaN where an element is an infinity or NaN, so that attention to it shows it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Quantize(float* elements, int count, sbyte* codes, int stride)
    {
        float most = 0;
        for (int d = 0; d < count; d++) most = MathF.Max(most, MathF.Abs(elements[d]));
        bool isFinite = float.IsFinite(most);
        float factor = isFinite && most >= Least ? 127f / most : 0;
        for (int d = 0; d < count; d++) codes[d * stride] = factor == 0 ? (sbyte)0 : (sbyte)MathF.Round(elements[d] * factor);
        return isFinite ? most / 127f : float.NaN;
    }
}
