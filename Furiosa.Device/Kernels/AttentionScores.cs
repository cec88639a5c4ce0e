using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>
/// Query times keys: lanes are the sixteen positions of a block, each score one chain over the head's elements, times the position's
/// own scale if it has one, times the shape's. Blocks lie apart, and a loop is through with some before the processor has seen where they lead: so while it
/// works on several, or for four queries, it asks for their values and for the keys of the next.
/// </summary>
internal static unsafe partial class AttentionScores<TLanes, TKv>
    where TLanes : struct, ILanes<TLanes>
    where TKv : struct, IKvElements<TLanes>
{
    /// <summary>One query, four blocks side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void One(in AttentionShape shape, float* query, int* blocks, int blockCount, byte* cache, float* scores)
    {
        nint blockStride = shape.BlockStride, values = ValuesOf(shape), scales = (nint)shape.ScaleOffset;
        int headDim = shape.HeadDim, block = 0;
        var scale = TLanes.Broadcast(shape.Scale);
        for (; block + 4 <= blockCount; block += 4, scores += 64)
        {
            byte* k0 = cache + blocks[block] * blockStride, k1 = cache + blocks[block + 1] * blockStride;
            byte* k2 = cache + blocks[block + 2] * blockStride, k3 = cache + blocks[block + 3] * blockStride;
            byte* n0 = Next(blocks, block + 4, blockCount, cache, blockStride), n1 = Next(blocks, block + 5, blockCount, cache, blockStride);
            byte* n2 = Next(blocks, block + 6, blockCount, cache, blockStride), n3 = Next(blocks, block + 7, blockCount, cache, blockStride);
            TLanes s0 = TLanes.Zero, s1 = TLanes.Zero, s2 = TLanes.Zero, s3 = TLanes.Zero;
            for (nint d = 0; d < headDim; d++)
            {
                nint line = 16 * TKv.Bytes * d;
                Fetch(k0 + values + line, k1 + values + line, n0 + line, n1 + line);
                Fetch(k2 + values + line, k3 + values + line, n2 + line, n3 + line);
                var element = TLanes.BroadcastFrom(query + d);
                s0 = TLanes.Fma(element, TKv.Load(k0 + line), s0);
                s1 = TLanes.Fma(element, TKv.Load(k1 + line), s1);
                s2 = TLanes.Fma(element, TKv.Load(k2 + line), s2);
                s3 = TLanes.Fma(element, TKv.Load(k3 + line), s3);
            }

            Save(scores, s0, s1, k0 + scales, k1 + scales, scale);
            Save(scores + 32, s2, s3, k2 + scales, k3 + scales, scale);
        }

        for (; block < blockCount; block++, scores += 16)
        {
            byte* keys = cache + blocks[block] * blockStride;
            var sum = TLanes.Zero;
            for (nint d = 0; d < headDim; d++) sum = TLanes.Fma(TLanes.BroadcastFrom(query + d), TKv.Load(keys + 16 * TKv.Bytes * d), sum);
            TLanes.Store(scores, Scaled(sum, keys + scales) * scale);
        }
    }

    /// <summary>Two queries: each load of keys serves both. Wide lanes take four blocks side by side, which keeps more lines on their way; all take two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Two(in AttentionShape shape, float** queries, int* blocks, int blockCount, byte* cache, float* scores, nint width)
    {
        nint blockStride = shape.BlockStride, values = ValuesOf(shape), scales = (nint)shape.ScaleOffset;
        int headDim = shape.HeadDim, block = 0;
        var scale = TLanes.Broadcast(shape.Scale);
        float* q0 = queries[0], q1 = queries[1];
        for (; !TLanes.IsPair && block + 4 <= blockCount; block += 4, scores += 64) TwoBy4(shape, q0, q1, blocks + block, blockCount - block, cache, scores, width);
        for (; block + 2 <= blockCount; block += 2, scores += 32)
        {
            byte* k0 = cache + blocks[block] * blockStride, k1 = cache + blocks[block + 1] * blockStride;
            byte* n0 = Next(blocks, block + 2, blockCount, cache, blockStride), n1 = Next(blocks, block + 3, blockCount, cache, blockStride);
            TLanes s00 = TLanes.Zero, s01 = TLanes.Zero, s10 = TLanes.Zero, s11 = TLanes.Zero;
            for (nint d = 0; d < headDim; d++)
            {
                nint line = 16 * TKv.Bytes * d;
                Fetch(k0 + values + line, k1 + values + line, n0 + line, n1 + line);
                TLanes key0 = TKv.Load(k0 + line), key1 = TKv.Load(k1 + line), element = TLanes.BroadcastFrom(q0 + d);
                s00 = TLanes.Fma(element, key0, s00);
                s01 = TLanes.Fma(element, key1, s01);
                element = TLanes.BroadcastFrom(q1 + d);
                s10 = TLanes.Fma(element, key0, s10);
                s11 = TLanes.Fma(element, key1, s11);
            }

            Save(scores, s00, s01, k0 + scales, k1 + scales, scale);
            Save(scores + width, s10, s11, k0 + scales, k1 + scales, scale);
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoBy4(in AttentionShape shape, float* q0, float* q1, int* blocks, int blockCount, byte* cache, float* scores, nint width)
    {
        nint blockStride = shape.BlockStride, values = ValuesOf(shape), scales = (nint)shape.ScaleOffset;
        byte* k0 = cache + blocks[0] * blockStride, k1 = cache + blocks[1] * blockStride, k2 = cache + blocks[2] * blockStride, k3 = cache + blocks[3] * blockStride;
        byte* n0 = Next(blocks, 4, blockCount, cache, blockStride), n1 = Next(blocks, 5, blockCount, cache, blockStride);
        byte* n2 = Next(blocks, 6, blockCount, cache, blockStride), n3 = Next(blocks, 7, blockCount, cache, blockStride);
        TLanes s00 = TLanes.Zero, s01 = TLanes.Zero, s02 = TLanes.Zero, s03 = TLanes.Zero;
        TLanes s10 = TLanes.Zero, s11 = TLanes.Zero, s12 = TLanes.Zero, s13 = TLanes.Zero;
        for (nint line = 0; line < values; line += 16 * TKv.Bytes, q0++, q1++)
        {
            Fetch(k0 + values + line, k1 + values + line, n0 + line, n1 + line);
            Fetch(k2 + values + line, k3 + values + line, n2 + line, n3 + line);
            TLanes key0 = TKv.Load(k0 + line), key1 = TKv.Load(k1 + line), key2 = TKv.Load(k2 + line), key3 = TKv.Load(k3 + line);
            var element = TLanes.BroadcastFrom(q0);
            s00 = TLanes.Fma(element, key0, s00);
            s01 = TLanes.Fma(element, key1, s01);
            s02 = TLanes.Fma(element, key2, s02);
            s03 = TLanes.Fma(element, key3, s03);
            element = TLanes.BroadcastFrom(q1);
            s10 = TLanes.Fma(element, key0, s10);
            s11 = TLanes.Fma(element, key1, s11);
            s12 = TLanes.Fma(element, key2, s12);
            s13 = TLanes.Fma(element, key3, s13);
        }

        var scale = TLanes.Broadcast(shape.Scale);
        Save(scores, s00, s01, k0 + scales, k1 + scales, scale);
        Save(scores + 32, s02, s03, k2 + scales, k3 + scales, scale);
        scores += width;
        Save(scores, s10, s11, k0 + scales, k1 + scales, scale);
        Save(scores + 32, s12, s13, k2 + scales, k3 + scales, scale);
    }

    private static nint ValuesOf(in AttentionShape shape) => 16 * TKv.Bytes * (nint)shape.HeadDim;

    /// <summary>A block that comes later, whose keys can be asked for; the last one where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Next(int* blocks, int block, int blockCount, byte* cache, nint blockStride) =>
        cache + blocks[Math.Min(block, blockCount - 1)] * blockStride;

    /// <summary>Asks for values, which are wanted once the scores are known, and for the next keys.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch(byte* values0, byte* values1, byte* keys0, byte* keys1)
    {
        LaneFetch<TLanes>.Soon(values0);
        LaneFetch<TLanes>.Soon(values1);
        LaneFetch<TLanes>.Soon(keys0);
        LaneFetch<TLanes>.Soon(keys1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Save(float* scores, TLanes left, TLanes right, byte* leftScales, byte* rightScales, TLanes scale)
    {
        TLanes.Store(scores, Scaled(left, leftScales) * scale);
        TLanes.Store(scores + 16, Scaled(right, rightScales) * scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Scaled(TLanes sums, byte* keyScales) => TKv.IsScaled ? sums * TLanes.Load((float*)keyScales) : sums;
}
