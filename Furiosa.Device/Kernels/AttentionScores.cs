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
        for (; !TLanes.IsPair && block + 4 <= blockCount; block += 4, scores += 64) By4<TwoRows, Fetching>(shape, q0, (nint)(q1 - q0), blocks + block, blockCount - block, cache, scores, width);
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

    /// <summary>Two queries, or four, by four blocks side by side, for wide lanes.</summary>
    /// <param name="shape">Sizes.</param>
    /// <param name="elements">The first query; of four each element is followed by the others' (<see cref="Interleave"/>).</param>
    /// <param name="apart">Floats from the first of two queries to the second; of no use for four.</param>
    /// <param name="blocks">Blocks with their keys.</param>
    /// <param name="blockCount">How many there are, those after these four included.</param>
    /// <param name="cache">Blocks of this layer and KV head.</param>
    /// <param name="scores">Where the first query's go.</param>
    /// <param name="width">Floats from one query's scores to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void By4<TQueries, TFetch>(in AttentionShape shape, float* elements, nint apart, int* blocks, int blockCount, byte* cache, float* scores, nint width)
        where TQueries : struct, ITileRows
        where TFetch : struct
    {
        nint blockStride = shape.BlockStride, values = ValuesOf(shape), scales = (nint)shape.ScaleOffset;
        byte* k0 = cache + blocks[0] * blockStride, k1 = cache + blocks[1] * blockStride, k2 = cache + blocks[2] * blockStride, k3 = cache + blocks[3] * blockStride;
        byte* n0 = Next(blocks, 4, blockCount, cache, blockStride), n1 = Next(blocks, 5, blockCount, cache, blockStride);
        byte* n2 = Next(blocks, 6, blockCount, cache, blockStride), n3 = Next(blocks, 7, blockCount, cache, blockStride);
        TLanes s00 = TLanes.Zero, s01 = TLanes.Zero, s02 = TLanes.Zero, s03 = TLanes.Zero;
        TLanes s10 = TLanes.Zero, s11 = TLanes.Zero, s12 = TLanes.Zero, s13 = TLanes.Zero;
        TLanes s20 = TLanes.Zero, s21 = TLanes.Zero, s22 = TLanes.Zero, s23 = TLanes.Zero;
        TLanes s30 = TLanes.Zero, s31 = TLanes.Zero, s32 = TLanes.Zero, s33 = TLanes.Zero;
        for (nint line = 0; line < values; line += 16 * TKv.Bytes, elements += TQueries.Count > 2 ? TQueries.Count : 1)
        {
            if (typeof(TFetch) == typeof(Fetching))
            {
                Fetch(k0 + values + line, k1 + values + line, n0 + line, n1 + line);
                Fetch(k2 + values + line, k3 + values + line, n2 + line, n3 + line);
            }

            TLanes key0 = TKv.Load(k0 + line), key1 = TKv.Load(k1 + line), key2 = TKv.Load(k2 + line), key3 = TKv.Load(k3 + line);
            Add(elements, key0, key1, key2, key3, ref s00, ref s01, ref s02, ref s03);
            Add(elements + (TQueries.Count > 2 ? 1 : apart), key0, key1, key2, key3, ref s10, ref s11, ref s12, ref s13);
            if (TQueries.Count > 2) Add(elements + 2, key0, key1, key2, key3, ref s20, ref s21, ref s22, ref s23);
            if (TQueries.Count > 3) Add(elements + 3, key0, key1, key2, key3, ref s30, ref s31, ref s32, ref s33);
        }

        var scale = TLanes.Broadcast(shape.Scale);
        Save(scores, s00, s01, k0 + scales, k1 + scales, scale);
        Save(scores + 32, s02, s03, k2 + scales, k3 + scales, scale);
        scores += width;
        Save(scores, s10, s11, k0 + scales, k1 + scales, scale);
        Save(scores + 32, s12, s13, k2 + scales, k3 + scales, scale);
        if (TQueries.Count == 2) return;
        scores += width;
        Save(scores, s20, s21, k0 + scales, k1 + scales, scale);
        Save(scores + 32, s22, s23, k2 + scales, k3 + scales, scale);
        scores += width;
        Save(scores, s30, s31, k0 + scales, k1 + scales, scale);
        Save(scores + 32, s32, s33, k2 + scales, k3 + scales, scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float* query, TLanes key0, TLanes key1, TLanes key2, TLanes key3, ref TLanes s0, ref TLanes s1, ref TLanes s2, ref TLanes s3)
    {
        var element = TLanes.BroadcastFrom(query);
        s0 = TLanes.Fma(element, key0, s0);
        s1 = TLanes.Fma(element, key1, s1);
        s2 = TLanes.Fma(element, key2, s2);
        s3 = TLanes.Fma(element, key3, s3);
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

    private readonly struct Fetching;

    private readonly struct Reading;
}
