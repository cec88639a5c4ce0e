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
        for (; d + 64 <= shape.ValueStride; d += 64) By4<OneRow>(shape, from, to, blocks, cache + d * TKv.Bytes, weights, 0, sums + d);
        for (; d < shape.ValueStride; d += 16) OneBy1(shape, from, to, blocks, cache + d * TKv.Bytes, weights, sums + d);
    }

    /// <summary>Two queries over the same positions; each load of values serves both.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Two(in AttentionShape shape, int from, int to, int* blocks, byte* cache, float* weights, nint width, float* sums)
    {
        int d = 0;
        for (; !TLanes.IsPair && d + 64 <= shape.ValueStride; d += 64) By4<TwoRows>(shape, from, to, blocks, cache + d * TKv.Bytes, weights, width, sums + d);
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
        for (; !TLanes.IsPair && d + 64 <= shape.ValueStride; d += 64) By4<FourRows>(shape, from, to, blocks, cache + d * TKv.Bytes, weights, width, sums + d);
        for (; d < shape.ValueStride; d += 16) FourBy1(shape, from, to, blocks, cache + d * TKv.Bytes, weights, width, sums + d);
    }

    /// <summary>One query, two or four, 64 elements of each: whole lines of values, each of which serves all queries.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void By4<TQueries>(in AttentionShape shape, int from, int to, int* blocks, byte* cache, float* weights, nint width, float* sums)
        where TQueries : struct, ITileRows
    {
        nint blockStride = shape.BlockStride, stride = shape.ValueStride, step = stride * TKv.Bytes, values = Block * (nint)shape.HeadDim * TKv.Bytes;
        TLanes s10 = default, s11 = default, s12 = default, s13 = default, s20 = default, s21 = default, s22 = default, s23 = default;
        TLanes s30 = default, s31 = default, s32 = default, s33 = default;
        Load(sums, out var s00, out var s01, out var s02, out var s03);
        if (TQueries.Count > 1) Load(sums + stride, out s10, out s11, out s12, out s13);
        if (TQueries.Count > 2) Load(sums + 2 * stride, out s20, out s21, out s22, out s23);
        if (TQueries.Count > 3) Load(sums + 3 * stride, out s30, out s31, out s32, out s33);
        for (nint p = from; p < to;)
        {
            byte* value = cache + blocks[p / Block] * blockStride + values + p % Block * step;
            for (nint end = Math.Min(to, (p | (Block - 1)) + 1); p < end; p++, value += step)
            {
                TLanes v0 = TKv.Load(value), v1 = TKv.Load(value + 16 * TKv.Bytes), v2 = TKv.Load(value + 32 * TKv.Bytes), v3 = TKv.Load(value + 48 * TKv.Bytes);
                Add(weights[p], v0, v1, v2, v3, ref s00, ref s01, ref s02, ref s03);
                if (TQueries.Count > 1) Add(weights[p + width], v0, v1, v2, v3, ref s10, ref s11, ref s12, ref s13);
                if (TQueries.Count > 2) Add(weights[p + 2 * width], v0, v1, v2, v3, ref s20, ref s21, ref s22, ref s23);
                if (TQueries.Count > 3) Add(weights[p + 3 * width], v0, v1, v2, v3, ref s30, ref s31, ref s32, ref s33);
            }
        }

        Store(sums, s00, s01, s02, s03);
        if (TQueries.Count > 1) Store(sums + stride, s10, s11, s12, s13);
        if (TQueries.Count > 2) Store(sums + 2 * stride, s20, s21, s22, s23);
        if (TQueries.Count > 3) Store(sums + 3 * stride, s30, s31, s32, s33);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(float* sums, out TLanes s0, out TLanes s1, out TLanes s2, out TLanes s3) =>
        (s0, s1, s2, s3) = (TLanes.Load(sums), TLanes.Load(sums + 16), TLanes.Load(sums + 32), TLanes.Load(sums + 48));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float scalar, TLanes v0, TLanes v1, TLanes v2, TLanes v3, ref TLanes s0, ref TLanes s1, ref TLanes s2, ref TLanes s3)
    {
        var weight = TLanes.Broadcast(scalar);
        s0 = TLanes.Fma(weight, v0, s0);
        s1 = TLanes.Fma(weight, v1, s1);
        s2 = TLanes.Fma(weight, v2, s2);
        s3 = TLanes.Fma(weight, v3, s3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* sums, TLanes s0, TLanes s1, TLanes s2, TLanes s3)
    {
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
