using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>
/// Query times keys: lanes are the sixteen positions of a block, each score one chain over the head's elements, times the position's
/// own scale if it has one, times the shape's.
/// </summary>
internal static unsafe class AttentionScores<TLanes, TKv>
    where TLanes : struct, ILanes<TLanes>
    where TKv : struct, IKvElements<TLanes>
{
    /// <summary>One query, four blocks side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void One(in AttentionShape shape, float* query, int* blocks, int blockCount, byte* cache, float* scores)
    {
        nint blockStride = shape.BlockStride, scales = (nint)shape.ScaleOffset;
        int headDim = shape.HeadDim, block = 0;
        var scale = TLanes.Broadcast(shape.Scale);
        for (; block + 4 <= blockCount; block += 4, scores += 64)
        {
            byte* k0 = cache + blocks[block] * blockStride, k1 = cache + blocks[block + 1] * blockStride;
            byte* k2 = cache + blocks[block + 2] * blockStride, k3 = cache + blocks[block + 3] * blockStride;
            TLanes s0 = TLanes.Zero, s1 = TLanes.Zero, s2 = TLanes.Zero, s3 = TLanes.Zero;
            for (nint d = 0; d < headDim; d++)
            {
                var element = TLanes.BroadcastFrom(query + d);
                s0 = TLanes.Fma(element, TKv.Load(k0 + 16 * TKv.Bytes * d), s0);
                s1 = TLanes.Fma(element, TKv.Load(k1 + 16 * TKv.Bytes * d), s1);
                s2 = TLanes.Fma(element, TKv.Load(k2 + 16 * TKv.Bytes * d), s2);
                s3 = TLanes.Fma(element, TKv.Load(k3 + 16 * TKv.Bytes * d), s3);
            }

            TLanes.Store(scores, Scaled(s0, k0 + scales) * scale);
            TLanes.Store(scores + 16, Scaled(s1, k1 + scales) * scale);
            TLanes.Store(scores + 32, Scaled(s2, k2 + scales) * scale);
            TLanes.Store(scores + 48, Scaled(s3, k3 + scales) * scale);
        }

        for (; block < blockCount; block++, scores += 16)
        {
            byte* keys = cache + blocks[block] * blockStride;
            var sum = TLanes.Zero;
            for (nint d = 0; d < headDim; d++) sum = TLanes.Fma(TLanes.BroadcastFrom(query + d), TKv.Load(keys + 16 * TKv.Bytes * d), sum);
            TLanes.Store(scores, Scaled(sum, keys + scales) * scale);
        }
    }

    /// <summary>
    /// Two queries, two blocks side by side: each load of keys serves both. The values, which are wanted once the scores are known, are asked for along the way.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Two(in AttentionShape shape, float** queries, int* blocks, int blockCount, byte* cache, float* scores, nint width)
    {
        nint blockStride = shape.BlockStride, scales = (nint)shape.ScaleOffset;
        int headDim = shape.HeadDim, block = 0;
        var scale = TLanes.Broadcast(shape.Scale);
        float* q0 = queries[0], q1 = queries[1];
        for (; block + 2 <= blockCount; block += 2, scores += 32)
        {
            byte* k0 = cache + blocks[block] * blockStride, k1 = cache + blocks[block + 1] * blockStride;
            byte* v0 = k0 + 16 * TKv.Bytes * (nint)headDim, v1 = k1 + 16 * TKv.Bytes * (nint)headDim;
            TLanes s00 = TLanes.Zero, s01 = TLanes.Zero, s10 = TLanes.Zero, s11 = TLanes.Zero;
            for (nint d = 0; d < headDim; d++)
            {
                LaneFetch<TLanes>.Later(v0 + 16 * TKv.Bytes * d);
                LaneFetch<TLanes>.Later(v1 + 16 * TKv.Bytes * d);
                TLanes key0 = TKv.Load(k0 + 16 * TKv.Bytes * d), key1 = TKv.Load(k1 + 16 * TKv.Bytes * d), element = TLanes.BroadcastFrom(q0 + d);
                s00 = TLanes.Fma(element, key0, s00);
                s01 = TLanes.Fma(element, key1, s01);
                element = TLanes.BroadcastFrom(q1 + d);
                s10 = TLanes.Fma(element, key0, s10);
                s11 = TLanes.Fma(element, key1, s11);
            }

            TLanes.Store(scores, Scaled(s00, k0 + scales) * scale);
            TLanes.Store(scores + 16, Scaled(s01, k1 + scales) * scale);
            TLanes.Store(scores + width, Scaled(s10, k0 + scales) * scale);
            TLanes.Store(scores + width + 16, Scaled(s11, k1 + scales) * scale);
        }

        if (block == blockCount) return;
        byte* keys = cache + blocks[block] * blockStride;
        TLanes s0 = TLanes.Zero, s1 = TLanes.Zero;
        for (nint d = 0; d < headDim; d++)
        {
            var key = TKv.Load(keys + 16 * TKv.Bytes * d);
            s0 = TLanes.Fma(TLanes.BroadcastFrom(q0 + d), key, s0);
            s1 = TLanes.Fma(TLanes.BroadcastFrom(q1 + d), key, s1);
        }

        TLanes.Store(scores, Scaled(s0, keys + scales) * scale);
        TLanes.Store(scores + width, Scaled(s1, keys + scales) * scale);
    }

    /// <summary>
    /// Four queries, one block at a time: each load of keys serves all four. The next keys, and the values that are wanted once the scores are known, are
    /// asked for along the way.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four(in AttentionShape shape, float** queries, int* blocks, int blockCount, byte* cache, float* scores, nint width)
    {
        nint blockStride = shape.BlockStride, scales = (nint)shape.ScaleOffset;
        int headDim = shape.HeadDim;
        var scale = TLanes.Broadcast(shape.Scale);
        float* q0 = queries[0], q1 = queries[1], q2 = queries[2], q3 = queries[3];
        for (int block = 0; block < blockCount; block++, scores += 16)
        {
            byte* keys = cache + blocks[block] * blockStride, next = cache + blocks[Math.Min(block + 1, blockCount - 1)] * blockStride;
            byte* values = keys + 16 * TKv.Bytes * (nint)headDim;
            TLanes s0 = TLanes.Zero, s1 = TLanes.Zero, s2 = TLanes.Zero, s3 = TLanes.Zero;
            for (nint d = 0; d < headDim; d++)
            {
                LaneFetch<TLanes>.Later(next + 16 * TKv.Bytes * d);
                LaneFetch<TLanes>.Later(values + 16 * TKv.Bytes * d);
                var key = TKv.Load(keys + 16 * TKv.Bytes * d);
                s0 = TLanes.Fma(TLanes.BroadcastFrom(q0 + d), key, s0);
                s1 = TLanes.Fma(TLanes.BroadcastFrom(q1 + d), key, s1);
                s2 = TLanes.Fma(TLanes.BroadcastFrom(q2 + d), key, s2);
                s3 = TLanes.Fma(TLanes.BroadcastFrom(q3 + d), key, s3);
            }

            TLanes.Store(scores, Scaled(s0, keys + scales) * scale);
            TLanes.Store(scores + width, Scaled(s1, keys + scales) * scale);
            TLanes.Store(scores + 2 * width, Scaled(s2, keys + scales) * scale);
            TLanes.Store(scores + 3 * width, Scaled(s3, keys + scales) * scale);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Scaled(TLanes sums, byte* keyScales) => TKv.IsScaled ? sums * TLanes.Load((float*)keyScales) : sums;
}
