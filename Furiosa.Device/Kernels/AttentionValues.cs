using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>Weights times values: lanes are elements of the head, each output one chain over ascending positions of <c>[from, to)</c>.</summary>
internal static unsafe class AttentionValues<TLanes, TKv>
    where TLanes : struct, ILanes<TLanes>
    where TKv : struct, IKvElements<TLanes>
{
    private const int Block = AttentionShape.BlockPositions;

    /// <summary>One query; goes on from the sums in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void One(in AttentionShape shape, int from, int to, int* blocks, byte* cache, float* weights, float* sums)
    {
        int d = 0;
        for (; d + 64 <= shape.ValueStride; d += 64) OneBy4(shape, from, to, blocks, cache + d * TKv.Bytes, weights, sums + d);
        for (; d < shape.ValueStride; d += 16) OneBy1(shape, from, to, blocks, cache + d * TKv.Bytes, weights, sums + d);
    }

    /// <summary>Two queries over the same positions; each load of values serves both.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Two(in AttentionShape shape, int from, int to, int* blocks, byte* cache, float* weights, nint width, float* sums)
    {
        int d = 0;
        for (; !TLanes.IsPair && d + 64 <= shape.ValueStride; d += 64) TwoBy4(shape, from, to, blocks, cache + d * TKv.Bytes, weights, width, sums + d);
        for (; d + 32 <= shape.ValueStride; d += 32) TwoBy2(shape, from, to, blocks, cache + d * TKv.Bytes, weights, width, sums + d);
        if (d == shape.ValueStride) return;
        OneBy1(shape, from, to, blocks, cache + d * TKv.Bytes, weights, sums + d);
        OneBy1(shape, from, to, blocks, cache + d * TKv.Bytes, weights + width, sums + d + shape.ValueStride);
    }

    /// <summary>Four queries over the same positions; each load of values serves all four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four(in AttentionShape shape, int from, int to, int* blocks, byte* cache, float* weights, nint width, float* sums)
    {
        // Sixteen sums of two registers each would live in memory.
        int d = 0;
        for (; !TLanes.IsPair && d + 64 <= shape.ValueStride; d += 64) FourBy4(shape, from, to, blocks, cache + d * TKv.Bytes, weights, width, sums + d);
        for (; d < shape.ValueStride; d += 16) FourBy1(shape, from, to, blocks, cache + d * TKv.Bytes, weights, width, sums + d);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneBy4(in AttentionShape shape, int from, int to, int* blocks, byte* cache, float* weights, float* sums)
    {
        nint blockStride = shape.BlockStride, step = (nint)shape.ValueStride * TKv.Bytes, values = Block * (nint)shape.HeadDim * TKv.Bytes;
        TLanes s0 = TLanes.Load(sums), s1 = TLanes.Load(sums + 16), s2 = TLanes.Load(sums + 32), s3 = TLanes.Load(sums + 48);
        for (nint p = from; p < to;)
        {
            byte* value = cache + blocks[p / Block] * blockStride + values + p % Block * step;
            for (nint end = Math.Min(to, (p | (Block - 1)) + 1); p < end; p++, value += step)
            {
                TLanes v0 = TKv.Load(value), v1 = TKv.Load(value + 16 * TKv.Bytes), v2 = TKv.Load(value + 32 * TKv.Bytes), v3 = TKv.Load(value + 48 * TKv.Bytes);
                var weight = TLanes.Broadcast(weights[p]);
                s0 = TLanes.Fma(weight, v0, s0);
                s1 = TLanes.Fma(weight, v1, s1);
                s2 = TLanes.Fma(weight, v2, s2);
                s3 = TLanes.Fma(weight, v3, s3);
            }
        }

        TLanes.Store(sums, s0);
        TLanes.Store(sums + 16, s1);
        TLanes.Store(sums + 32, s2);
        TLanes.Store(sums + 48, s3);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneBy1(in AttentionShape shape, int from, int to, int* blocks, byte* cache, float* weights, float* sums)
    {
        nint blockStride = shape.BlockStride, step = (nint)shape.ValueStride * TKv.Bytes, values = Block * (nint)shape.HeadDim * TKv.Bytes;
        TLanes sum = TLanes.Load(sums);
        for (nint p = from; p < to;)
        {
            byte* value = cache + blocks[p / Block] * blockStride + values + p % Block * step;
            for (nint end = Math.Min(to, (p | (Block - 1)) + 1); p < end; p++, value += step)
            {
                var v0 = TKv.Load(value);
                var weight = TLanes.Broadcast(weights[p]);
                sum = TLanes.Fma(weight, v0, sum);
            }
        }

        TLanes.Store(sums, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoBy4(in AttentionShape shape, int from, int to, int* blocks, byte* cache, float* weights, nint width, float* sums)
    {
        nint blockStride = shape.BlockStride, stride = shape.ValueStride, step = stride * TKv.Bytes, values = Block * (nint)shape.HeadDim * TKv.Bytes;
        TLanes s00 = TLanes.Load(sums), s01 = TLanes.Load(sums + 16), s02 = TLanes.Load(sums + 32), s03 = TLanes.Load(sums + 48);
        TLanes s10 = TLanes.Load(sums + stride), s11 = TLanes.Load(sums + stride + 16), s12 = TLanes.Load(sums + stride + 32), s13 = TLanes.Load(sums + stride + 48);
        for (nint p = from; p < to;)
        {
            byte* value = cache + blocks[p / Block] * blockStride + values + p % Block * step;
            for (nint end = Math.Min(to, (p | (Block - 1)) + 1); p < end; p++, value += step)
            {
                TLanes v0 = TKv.Load(value), v1 = TKv.Load(value + 16 * TKv.Bytes), v2 = TKv.Load(value + 32 * TKv.Bytes), v3 = TKv.Load(value + 48 * TKv.Bytes);
                var weight = TLanes.BroadcastFrom(weights + p);
                s00 = TLanes.Fma(weight, v0, s00);
                s01 = TLanes.Fma(weight, v1, s01);
                s02 = TLanes.Fma(weight, v2, s02);
                s03 = TLanes.Fma(weight, v3, s03);
                weight = TLanes.BroadcastFrom(weights + p + width);
                s10 = TLanes.Fma(weight, v0, s10);
                s11 = TLanes.Fma(weight, v1, s11);
                s12 = TLanes.Fma(weight, v2, s12);
                s13 = TLanes.Fma(weight, v3, s13);
            }
        }

        TLanes.Store(sums, s00);
        TLanes.Store(sums + 16, s01);
        TLanes.Store(sums + 32, s02);
        TLanes.Store(sums + 48, s03);
        TLanes.Store(sums + stride, s10);
        TLanes.Store(sums + stride + 16, s11);
        TLanes.Store(sums + stride + 32, s12);
        TLanes.Store(sums + stride + 48, s13);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoBy2(in AttentionShape shape, int from, int to, int* blocks, byte* cache, float* weights, nint width, float* sums)
    {
        nint blockStride = shape.BlockStride, stride = shape.ValueStride, step = stride * TKv.Bytes, values = Block * (nint)shape.HeadDim * TKv.Bytes;
        TLanes s00 = TLanes.Load(sums), s01 = TLanes.Load(sums + 16), s10 = TLanes.Load(sums + stride), s11 = TLanes.Load(sums + stride + 16);
        for (nint p = from; p < to;)
        {
            byte* value = cache + blocks[p / Block] * blockStride + values + p % Block * step;
            for (nint end = Math.Min(to, (p | (Block - 1)) + 1); p < end; p++, value += step)
            {
                TLanes v0 = TKv.Load(value), v1 = TKv.Load(value + 16 * TKv.Bytes), weight = TLanes.BroadcastFrom(weights + p);
                s00 = TLanes.Fma(weight, v0, s00);
                s01 = TLanes.Fma(weight, v1, s01);
                weight = TLanes.BroadcastFrom(weights + p + width);
                s10 = TLanes.Fma(weight, v0, s10);
                s11 = TLanes.Fma(weight, v1, s11);
            }
        }

        TLanes.Store(sums, s00);
        TLanes.Store(sums + 16, s01);
        TLanes.Store(sums + stride, s10);
        TLanes.Store(sums + stride + 16, s11);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourBy4(in AttentionShape shape, int from, int to, int* blocks, byte* cache, float* weights, nint width, float* sums)
    {
        nint blockStride = shape.BlockStride, stride = shape.ValueStride, step = stride * TKv.Bytes, values = Block * (nint)shape.HeadDim * TKv.Bytes;
        TLanes s00 = TLanes.Load(sums), s01 = TLanes.Load(sums + 16), s02 = TLanes.Load(sums + 32), s03 = TLanes.Load(sums + 48);
        TLanes s10 = TLanes.Load(sums + stride), s11 = TLanes.Load(sums + stride + 16), s12 = TLanes.Load(sums + stride + 32), s13 = TLanes.Load(sums + stride + 48);
        TLanes s20 = TLanes.Load(sums + 2 * stride), s21 = TLanes.Load(sums + 2 * stride + 16), s22 = TLanes.Load(sums + 2 * stride + 32), s23 = TLanes.Load(sums + 2 * stride + 48);
        TLanes s30 = TLanes.Load(sums + 3 * stride), s31 = TLanes.Load(sums + 3 * stride + 16), s32 = TLanes.Load(sums + 3 * stride + 32), s33 = TLanes.Load(sums + 3 * stride + 48);
        for (nint p = from; p < to;)
        {
            byte* value = cache + blocks[p / Block] * blockStride + values + p % Block * step;
            for (nint end = Math.Min(to, (p | (Block - 1)) + 1); p < end; p++, value += step)
            {
                TLanes v0 = TKv.Load(value), v1 = TKv.Load(value + 16 * TKv.Bytes), v2 = TKv.Load(value + 32 * TKv.Bytes), v3 = TKv.Load(value + 48 * TKv.Bytes);
                var weight = TLanes.Broadcast(weights[p]);
                s00 = TLanes.Fma(weight, v0, s00);
                s01 = TLanes.Fma(weight, v1, s01);
                s02 = TLanes.Fma(weight, v2, s02);
                s03 = TLanes.Fma(weight, v3, s03);
                weight = TLanes.Broadcast(weights[p + width]);
                s10 = TLanes.Fma(weight, v0, s10);
                s11 = TLanes.Fma(weight, v1, s11);
                s12 = TLanes.Fma(weight, v2, s12);
                s13 = TLanes.Fma(weight, v3, s13);
                weight = TLanes.Broadcast(weights[p + 2 * width]);
                s20 = TLanes.Fma(weight, v0, s20);
                s21 = TLanes.Fma(weight, v1, s21);
                s22 = TLanes.Fma(weight, v2, s22);
                s23 = TLanes.Fma(weight, v3, s23);
                weight = TLanes.Broadcast(weights[p + 3 * width]);
                s30 = TLanes.Fma(weight, v0, s30);
                s31 = TLanes.Fma(weight, v1, s31);
                s32 = TLanes.Fma(weight, v2, s32);
                s33 = TLanes.Fma(weight, v3, s33);
            }
        }

        TLanes.Store(sums, s00);
        TLanes.Store(sums + 16, s01);
        TLanes.Store(sums + 32, s02);
        TLanes.Store(sums + 48, s03);
        TLanes.Store(sums + stride, s10);
        TLanes.Store(sums + stride + 16, s11);
        TLanes.Store(sums + stride + 32, s12);
        TLanes.Store(sums + stride + 48, s13);
        TLanes.Store(sums + 2 * stride, s20);
        TLanes.Store(sums + 2 * stride + 16, s21);
        TLanes.Store(sums + 2 * stride + 32, s22);
        TLanes.Store(sums + 2 * stride + 48, s23);
        TLanes.Store(sums + 3 * stride, s30);
        TLanes.Store(sums + 3 * stride + 16, s31);
        TLanes.Store(sums + 3 * stride + 32, s32);
        TLanes.Store(sums + 3 * stride + 48, s33);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourBy1(in AttentionShape shape, int from, int to, int* blocks, byte* cache, float* weights, nint width, float* sums)
    {
        nint blockStride = shape.BlockStride, stride = shape.ValueStride, step = stride * TKv.Bytes, values = Block * (nint)shape.HeadDim * TKv.Bytes;
        TLanes s0 = TLanes.Load(sums);
        TLanes s1 = TLanes.Load(sums + stride);
        TLanes s2 = TLanes.Load(sums + 2 * stride);
        TLanes s3 = TLanes.Load(sums + 3 * stride);
        for (nint p = from; p < to;)
        {
            byte* value = cache + blocks[p / Block] * blockStride + values + p % Block * step;
            float* weight = weights + p, upper = weight + 2 * width;
            for (nint end = Math.Min(to, (p | (Block - 1)) + 1); p < end; p++, value += step, weight++, upper++)
            {
                var v0 = TKv.Load(value);
                s0 = TLanes.Fma(TLanes.BroadcastFrom(weight), v0, s0);
                s1 = TLanes.Fma(TLanes.BroadcastFrom(weight + width), v0, s1);
                s2 = TLanes.Fma(TLanes.BroadcastFrom(upper), v0, s2);
                s3 = TLanes.Fma(TLanes.BroadcastFrom(upper + width), v0, s3);
            }
        }

        TLanes.Store(sums, s0);
        TLanes.Store(sums + stride, s1);
        TLanes.Store(sums + 2 * stride, s2);
        TLanes.Store(sums + 3 * stride, s3);
    }
}
