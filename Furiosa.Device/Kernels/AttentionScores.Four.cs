using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Kernels;

/// <content>Four queries at once.</content>
internal static unsafe partial class AttentionScores<TLanes, TKv>
{
    /// <summary>
    /// Four queries: each load of keys serves all four. Wide lanes take four blocks side by side, or two; narrow ones have no registers for that.
    /// </summary>
    /// <param name="shape">Sizes.</param>
    /// <param name="queries">The queries.</param>
    /// <param name="blocks">Blocks with their keys.</param>
    /// <param name="blockCount">How many.</param>
    /// <param name="cache">Blocks of this layer and KV head.</param>
    /// <param name="scores">Where the first query's go.</param>
    /// <param name="width">Floats from one query's scores to the next.</param>
    /// <param name="fetches">Whether nobody has asked yet for what comes next: one load in two would do nothing else.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four(in AttentionShape shape, float** queries, int* blocks, int blockCount, byte* cache, float* scores, nint width, bool fetches)
    {
        nint blockStride = shape.BlockStride;
        int block = 0;
        if (!TLanes.IsPair && blockCount >= 4)
        {
            float* elements = stackalloc float[4 * shape.HeadDim];
            Interleave(queries, shape.HeadDim, elements);
            for (; block + 4 <= blockCount; block += 4, scores += 64)
            {
                if (fetches) By4<FourRows, Fetching>(shape, elements, 1, blocks + block, blockCount - block, cache, scores, width);
                else By4<FourRows, Reading>(shape, elements, 1, blocks + block, blockCount - block, cache, scores, width);
            }
        }

        for (; !TLanes.IsPair && block + 2 <= blockCount; block += 2, scores += 32)
        {
            byte* n0 = Next(blocks, block + 2, blockCount, cache, blockStride), n1 = Next(blocks, block + 3, blockCount, cache, blockStride);
            FourBy2(shape, queries, cache + blocks[block] * blockStride, cache + blocks[block + 1] * blockStride, n0, n1, scores, width);
        }

        for (; block < blockCount; block++, scores += 16)
            FourBy1(shape, queries, cache + blocks[block] * blockStride, Next(blocks, block + 1, blockCount, cache, blockStride), scores, width);
    }

    /// <summary>Four queries' elements behind one another: three pointers fewer in a loop that has many.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Interleave(float** queries, int headDim, float* elements)
    {
        float* q0 = queries[0], q1 = queries[1], q2 = queries[2], q3 = queries[3];
        int d = 0;
        for (; Sse.IsSupported && d + 4 <= headDim; d += 4, elements += 16)
        {
            Vector128<float> v0 = Vector128.Load(q0 + d), v1 = Vector128.Load(q1 + d), v2 = Vector128.Load(q2 + d), v3 = Vector128.Load(q3 + d);
            Vector128<float> first = Sse.UnpackLow(v0, v1), second = Sse.UnpackLow(v2, v3), third = Sse.UnpackHigh(v0, v1), fourth = Sse.UnpackHigh(v2, v3);
            Sse.MoveLowToHigh(first, second).Store(elements);
            Sse.MoveHighToLow(second, first).Store(elements + 4);
            Sse.MoveLowToHigh(third, fourth).Store(elements + 8);
            Sse.MoveHighToLow(fourth, third).Store(elements + 12);
        }

        for (; d < headDim; d++, elements += 4) (elements[0], elements[1], elements[2], elements[3]) = (q0[d], q1[d], q2[d], q3[d]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourBy2(in AttentionShape shape, float** queries, byte* k0, byte* k1, byte* n0, byte* n1, float* scores, nint width)
    {
        nint values = ValuesOf(shape), scales = (nint)shape.ScaleOffset;
        int headDim = shape.HeadDim;
        float* q0 = queries[0], q1 = queries[1], q2 = queries[2], q3 = queries[3];
        TLanes s00 = TLanes.Zero, s01 = TLanes.Zero, s10 = TLanes.Zero, s11 = TLanes.Zero;
        TLanes s20 = TLanes.Zero, s21 = TLanes.Zero, s30 = TLanes.Zero, s31 = TLanes.Zero;
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
            element = TLanes.BroadcastFrom(q2 + d);
            s20 = TLanes.Fma(element, key0, s20);
            s21 = TLanes.Fma(element, key1, s21);
            element = TLanes.BroadcastFrom(q3 + d);
            s30 = TLanes.Fma(element, key0, s30);
            s31 = TLanes.Fma(element, key1, s31);
        }

        var scale = TLanes.Broadcast(shape.Scale);
        Save(scores, s00, s01, k0 + scales, k1 + scales, scale);
        Save(scores + width, s10, s11, k0 + scales, k1 + scales, scale);
        Save(scores + 2 * width, s20, s21, k0 + scales, k1 + scales, scale);
        Save(scores + 3 * width, s30, s31, k0 + scales, k1 + scales, scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourBy1(in AttentionShape shape, float** queries, byte* keys, byte* next, float* scores, nint width)
    {
        nint values = ValuesOf(shape), scales = (nint)shape.ScaleOffset;
        int headDim = shape.HeadDim;
        float* q0 = queries[0], q1 = queries[1], q2 = queries[2], q3 = queries[3];
        TLanes s0 = TLanes.Zero, s1 = TLanes.Zero, s2 = TLanes.Zero, s3 = TLanes.Zero;
        for (nint d = 0; d < headDim; d++)
        {
            nint line = 16 * TKv.Bytes * d;
            LaneFetch<TLanes>.Soon(next + line);
            LaneFetch<TLanes>.Soon(keys + values + line);
            var key = TKv.Load(keys + line);
            s0 = TLanes.Fma(TLanes.BroadcastFrom(q0 + d), key, s0);
            s1 = TLanes.Fma(TLanes.BroadcastFrom(q1 + d), key, s1);
            s2 = TLanes.Fma(TLanes.BroadcastFrom(q2 + d), key, s2);
            s3 = TLanes.Fma(TLanes.BroadcastFrom(q3 + d), key, s3);
        }

        var scale = TLanes.Broadcast(shape.Scale);
        TLanes.Store(scores, Scaled(s0, keys + scales) * scale);
        TLanes.Store(scores + width, Scaled(s1, keys + scales) * scale);
        TLanes.Store(scores + 2 * width, Scaled(s2, keys + scales) * scale);
        TLanes.Store(scores + 3 * width, Scaled(s3, keys + scales) * scale);
    }
}
