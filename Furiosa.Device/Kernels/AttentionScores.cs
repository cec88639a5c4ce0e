using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>Query times keys: lanes are the sixteen positions of a block, each score one chain over the head's elements.</summary>
internal static unsafe class AttentionScores<TLanes> where TLanes : struct, ILanes<TLanes>
{
    /// <summary>One query, four blocks side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void One(in AttentionShape shape, float* query, int* blocks, int blockCount, float* cache, float* scores)
    {
        nint blockFloats = shape.BlockFloats;
        int headDim = shape.HeadDim, block = 0;
        var scale = TLanes.Broadcast(shape.Scale);
        for (; block + 4 <= blockCount; block += 4, scores += 64)
        {
            float* k0 = cache + blocks[block] * blockFloats, k1 = cache + blocks[block + 1] * blockFloats;
            float* k2 = cache + blocks[block + 2] * blockFloats, k3 = cache + blocks[block + 3] * blockFloats;
            TLanes s0 = TLanes.Zero, s1 = TLanes.Zero, s2 = TLanes.Zero, s3 = TLanes.Zero;
            for (nint d = 0; d < headDim; d++)
            {
                var element = TLanes.Broadcast(query[d]);
                s0 = TLanes.Fma(element, TLanes.Load(k0 + 16 * d), s0);
                s1 = TLanes.Fma(element, TLanes.Load(k1 + 16 * d), s1);
                s2 = TLanes.Fma(element, TLanes.Load(k2 + 16 * d), s2);
                s3 = TLanes.Fma(element, TLanes.Load(k3 + 16 * d), s3);
            }

            TLanes.Store(scores, s0 * scale);
            TLanes.Store(scores + 16, s1 * scale);
            TLanes.Store(scores + 32, s2 * scale);
            TLanes.Store(scores + 48, s3 * scale);
        }

        for (; block < blockCount; block++, scores += 16)
        {
            float* keys = cache + blocks[block] * blockFloats;
            var sum = TLanes.Zero;
            for (nint d = 0; d < headDim; d++) sum = TLanes.Fma(TLanes.Broadcast(query[d]), TLanes.Load(keys + 16 * d), sum);
            TLanes.Store(scores, sum * scale);
        }
    }

    /// <summary>Four queries, one block at a time: each load of keys serves all four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four(in AttentionShape shape, float** queries, int* blocks, int blockCount, float* cache, float* scores, nint width)
    {
        nint blockFloats = shape.BlockFloats;
        int headDim = shape.HeadDim;
        var scale = TLanes.Broadcast(shape.Scale);
        float* q0 = queries[0], q1 = queries[1], q2 = queries[2], q3 = queries[3];
        for (int block = 0; block < blockCount; block++, scores += 16)
        {
            float* keys = cache + blocks[block] * blockFloats;
            TLanes s0 = TLanes.Zero, s1 = TLanes.Zero, s2 = TLanes.Zero, s3 = TLanes.Zero;
            for (nint d = 0; d < headDim; d++)
            {
                var key = TLanes.Load(keys + 16 * d);
                s0 = TLanes.Fma(TLanes.Broadcast(q0[d]), key, s0);
                s1 = TLanes.Fma(TLanes.Broadcast(q1[d]), key, s1);
                s2 = TLanes.Fma(TLanes.Broadcast(q2[d]), key, s2);
                s3 = TLanes.Fma(TLanes.Broadcast(q3[d]), key, s3);
            }

            TLanes.Store(scores, s0 * scale);
            TLanes.Store(scores + width, s1 * scale);
            TLanes.Store(scores + 2 * width, s2 * scale);
            TLanes.Store(scores + 3 * width, s3 * scale);
        }
    }
}
