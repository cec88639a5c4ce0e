using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>
/// Attention of queries that read the same KV head, four at a time. A query's result depends on itself, its position and the stored
/// keys and values only: a score is one chain over the head's elements, the maximum is exact, lane (position mod 16) sums the
/// exponentials, an output element is one chain over ascending positions. Nothing outside a query's range enters it. A sink is a
/// score of its own that takes part in the softmax, last in the sum, and has no value. Where the cache is scaled, the weight of a position
/// is multiplied by the scale of its value before it multiplies the value's codes; the sum of weights does not see that.
/// </summary>
internal static unsafe class AttentionKernel<TLanes, TKv>
    where TLanes : struct, ILanes<TLanes>
    where TKv : struct, IKvElements<TLanes>
{
    private const int Block = AttentionShape.BlockPositions;

    // Keys and values that a core keeps near while it goes over them again; of keys, or of values, a quarter of that.
    private const long NearBytes = 512 * 1024;

    /// <param name="shape">Sizes.</param>
    /// <param name="queries">One head of a row each, rotated.</param>
    /// <param name="outputs">Where <see cref="AttentionShape.ValueDim"/> floats of each go.</param>
    /// <param name="positions">Each query's absolute position, ascending.</param>
    /// <param name="count">Queries, 1 to <see cref="AttentionShape.MaxQueries"/>.</param>
    /// <param name="blocks">Block table of the sequence.</param>
    /// <param name="cache">Blocks of this layer and KV head.</param>
    /// <param name="sinks">One score for each query; null for none.</param>
    /// <param name="scratch">Room of <see cref="AttentionShape.ScratchFloats"/>, aligned.</param>
    /// <param name="biases">Blocks of what is added to scores, <see cref="AttentionShape.BiasPositions"/> from position 0 on in each for each head; null for none.</param>
    /// <param name="biasRows">For each query how many floats of a block come before its head's own.</param>
    public static void Run(
        in AttentionShape shape, float** queries, float** outputs, int* positions, int count, int* blocks, byte* cache, float* sinks,
        float* scratch, float** biases, nint* biasRows)
    {
        // Four after four read all of it again: where that is too much to stay near, all of them go over a part of it before the next.
        long bytes = (positions[count - 1] - shape.First(positions[0]) + 1) / Block * shape.BlockBytes;
        int together = bytes > NearBytes ? count : AttentionShape.SharedQueries;
        for (int q = 0; q < count; q += together)
        {
            RunTogether(
                shape, queries + q, outputs + q, positions + q, Math.Min(together, count - q), blocks, cache, sinks is null ? null : sinks + q, scratch, biases,
                biases is null ? null : biasRows + q, isFirst: q == 0);
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunTogether(
        in AttentionShape shape, float** queries, float** outputs, int* positions, int count, int* blocks, byte* cache, float* sinks,
        float* scratch, float** biases, nint* biasRows, bool isFirst)
    {
        int firstBlock = shape.First(positions[0]) / Block, blockCount = positions[count - 1] / Block + 1 - firstBlock;
        int width = blockCount * Block, origin = firstBlock * Block;
        int part = count <= AttentionShape.SharedQueries ? blockCount : Math.Max(2, (int)(NearBytes / 2 / shape.BlockBytes));
        blocks += firstBlock;

        for (int from = 0; from < blockCount; from += part)
        {
            for (int q = 0; q < count; q += AttentionShape.SharedQueries)
            {
                int queriesHere = Math.Min(AttentionShape.SharedQueries, count - q);
                int first = Math.Max(from, shape.First(positions[q]) / Block - firstBlock), end = Math.Min(from + part, positions[q + queriesHere - 1] / Block + 1 - firstBlock);
                if (first < end) AddScores(shape, queries + q, queriesHere, blocks + first, end - first, cache, scratch + q * (nint)width + first * Block, width, isFirst && q == 0);
            }
        }

        float* sums = stackalloc float[AttentionShape.MaxQueries];
        float* accumulators = scratch + count * (nint)width;
        new Span<float>(accumulators, count * shape.ValueStride).Clear();
        for (int q = 0; q < count; q++)
        {
            float* weights = scratch + q * (nint)width;
            int from = shape.First(positions[q]) - origin, to = positions[q] + 1 - origin, start = from & ~(Block - 1), touched = ((to + Block - 1) & ~(Block - 1)) - start;
            if (shape.SoftCap > 0) RowKernels<TLanes>.Cap(weights + start, touched, 1f, shape.SoftCap);
            if (biases is not null) AddBiases(weights + start, biases, biasRows[q], origin + start, touched);
            sums[q] = Softmax(weights, from, to, sinks is null ? float.NaN : sinks[q]);
            if (TKv.IsScaled) ScaleWeights(shape, from, to, blocks, cache, weights);
        }

        for (int from = 0; from < blockCount; from += part)
        {
            for (int q = 0; q < count; q += AttentionShape.SharedQueries)
            {
                var span = new Stretch(from * Block, Math.Min(from + part, blockCount) * Block);
                AddValues(shape, span, positions + q, Math.Min(AttentionShape.SharedQueries, count - q), origin, blocks, cache, scratch + q * (nint)width, width, accumulators + q * shape.ValueStride);
            }
        }

        for (int q = 0; q < count; q++) Finish(accumulators + q * shape.ValueStride, outputs[q], shape.ValueDim, 1f / sums[q]);
    }

    /// <summary>Scores of up to four queries; where four, or two, are there they share the loads. The first four to pass over a block ask for what comes next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddScores(in AttentionShape shape, float** queries, int count, int* blocks, int blockCount, byte* cache, float* scores, int width, bool fetches)
    {
        if (count == AttentionShape.SharedQueries)
        {
            AttentionScores<TLanes, TKv>.Four(shape, queries, blocks, blockCount, cache, scores, width, fetches);
            return;
        }

        int first = 0;
        if (count >= 2)
        {
            AttentionScores<TLanes, TKv>.Two(shape, queries, blocks, blockCount, cache, scores, width);
            first = 2;
        }

        for (int q = first; q < count; q++) AttentionScores<TLanes, TKv>.One(shape, queries[q], blocks, blockCount, cache, scores + q * (nint)width);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddBiases(float* scores, float** biases, nint row, int origin, int count)
    {
        for (int i = 0; i < count; i += Block)
        {
            uint position = (uint)(origin + i);
            float* bias = biases[position / AttentionShape.BiasPositions] + row + position % AttentionShape.BiasPositions;
            TLanes.Store(scores + i, TLanes.Load(scores + i) + TLanes.Load(bias));
        }
    }

    /// <summary>
    /// Turns the scores of <c>[from, to)</c> into exponentials, zero in the rest of the touched vectors, and adds them up, the sink's last.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Softmax(float* scores, int from, int to, float sink)
    {
        float top = Largest(scores, from, to);
        if (sink > top) top = sink;
        var largest = TLanes.Broadcast(top);
        var sum = TLanes.Zero;
        for (int i = from & ~(Block - 1); i < to; i += Block)
        {
            var weight = LaneMath.ExpUpToZero(TLanes.Load(scores + i) - largest);
            if (i < from || i + Block > to) weight = TLanes.KeepRange(weight, from - i, to - i, 0);
            TLanes.Store(scores + i, weight);
            sum += weight;
        }

        float total = TLanes.Sum(sum);
        return float.IsNaN(sink) ? total : total + FloatMath.Exp(sink - top);
    }

    /// <summary>The largest score of <c>[from, to)</c>, in four chains: a single one would wait for each comparison.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Largest(float* scores, int from, int to)
    {
        TLanes m0 = TLanes.Broadcast(float.NegativeInfinity), m1 = m0, m2 = m0, m3 = m0;
        int i = from & ~(Block - 1);
        if (i < from)
        {
            m0 = TLanes.KeepRange(TLanes.Load(scores + i), from - i, to - i, float.NegativeInfinity);
            i += Block;
        }

        for (; i + 4 * Block <= to; i += 4 * Block)
        {
            m0 = TLanes.Max(m0, TLanes.Load(scores + i));
            m1 = TLanes.Max(m1, TLanes.Load(scores + i + Block));
            m2 = TLanes.Max(m2, TLanes.Load(scores + i + 2 * Block));
            m3 = TLanes.Max(m3, TLanes.Load(scores + i + 3 * Block));
        }

        for (; i + Block <= to; i += Block) m0 = TLanes.Max(m0, TLanes.Load(scores + i));
        if (i < to) m1 = TLanes.Max(m1, TLanes.KeepRange(TLanes.Load(scores + i), 0, to - i, float.NegativeInfinity));
        return TLanes.Largest(TLanes.Max(TLanes.Max(m0, m1), TLanes.Max(m2, m3)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ScaleWeights(in AttentionShape shape, int from, int to, int* blocks, byte* cache, float* weights)
    {
        nint blockStride = shape.BlockStride, scales = (nint)shape.ScaleOffset + Block * sizeof(float);
        for (int i = from & ~(Block - 1); i < to; i += Block)
            TLanes.Store(weights + i, TLanes.Load(weights + i) * TLanes.Load((float*)(cache + blocks[i / Block] * blockStride + scales)));
    }

    /// <summary>Adds weight times value over what each query sees of a stretch; where four, or two, overlap they share the loads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddValues(
        in AttentionShape shape, Stretch span, int* positions, int count, int origin, int* blocks, byte* cache, float* weights, nint width, float* sums)
    {
        if (count == 3)
        {
            AddValues(shape, span, positions, 2, origin, blocks, cache, weights, width, sums);
            positions += 2;
            weights += 2 * width;
            sums += 2 * shape.ValueStride;
            count = 1;
        }

        var shared = span.Of(shape.First(positions[count - 1]) - origin, positions[0] + 1 - origin);
        bool shares = (count == AttentionShape.SharedQueries || count == 2) && shared.From < shared.To;
        for (int q = 0; q < count; q++)
        {
            var before = span.Of(shape.First(positions[q]) - origin, shares ? shared.From : positions[q] + 1 - origin);
            if (before.From < before.To) AttentionValues<TLanes, TKv>.One(shape, before.From, before.To, blocks, cache, weights + q * width, sums + q * shape.ValueStride);
        }

        if (!shares) return;
        if (count == 2) AttentionValues<TLanes, TKv>.Two(shape, shared.From, shared.To, blocks, cache, weights, width, sums);
        else AttentionValues<TLanes, TKv>.Four(shape, shared.From, shared.To, blocks, cache, weights, width, sums);
        for (int q = 0; q < count; q++)
        {
            var after = span.Of(shared.To, positions[q] + 1 - origin);
            if (after.From < after.To) AttentionValues<TLanes, TKv>.One(shape, after.From, after.To, blocks, cache, weights + q * width, sums + q * shape.ValueStride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Finish(float* sums, float* output, int headDim, float inverse)
    {
        var scale = TLanes.Broadcast(inverse);
        for (int d = 0; d < headDim; d += 16) LaneTail<TLanes>.Store(output + d, TLanes.Load(sums + d) * scale, headDim - d);
    }

    /// <summary>Positions from one up to another.</summary>
    private readonly record struct Stretch(int From, int To)
    {
        /// <summary>What of it is also from one up to another.</summary>
        public Stretch Of(int from, int to) => new(Math.Max(From, from), Math.Min(To, to));
    }
}
