using System.Globalization;
using Furiosa.Device.Kernels;
using Furiosa.Device.Kv;

namespace Furiosa.Tests.Device.Kernels;

[TestFixture(KernelLevel.Scalar)]
[TestFixture(KernelLevel.Vector256)]
[TestFixture(KernelLevel.Vector512)]
internal sealed unsafe class AttentionKernelTests(KernelLevel level)
{
    private const int Positions = 290;

    // With heads of 64 floats more than half a mebibyte.
    private const int FarPositions = 1250;

    private static readonly int[] Table = [.. Enumerable.Range(0, (FarPositions + 15) / 16).Select(block => block * 7 % 89)];

    private readonly KernelSet _kernels = KernelSet.For(level);

    [Test]
    public void Attend_EveryPositionAndGrouping_EqualsPlainLoops(
        [Values(KvCacheDtype.Float32, KvCacheDtype.Bfloat16, KvCacheDtype.Int8)] KvCacheDtype dtype,
        [Values("2", "10 7", "16", "64", "64 1", "80 16", "128 100", "64 7 2.5", "48 9 0 sink", "16 150 3.5 sink", "24 150 0 sink 14", "12 9 0 sink 40 chunk", "16 150 0 sink 16 chunk", "16 bias", "12 9 2.5 sink 14 bias")] string sizes)
    {
        string[] parts = sizes.Split(' ');
        bool biased = parts[^1] == "bias";
        if (biased) parts = parts[..^1];
        float[]? biases = biased ? TestValues.Floats(4, Table.Length * 16) : null;
        int headDim = int.Parse(parts[0], CultureInfo.InvariantCulture), window = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : int.MaxValue;
        float cap = parts.Length > 2 ? float.Parse(parts[2], CultureInfo.InvariantCulture) : 0;
        float? sink = parts.Length > 3 ? 0.75f : null;
        int valueDim = parts.Length > 4 ? int.Parse(parts[4], CultureInfo.InvariantCulture) : headDim, chunk = parts.Length > 5 ? 40 : 0;
        var shape = new AttentionShape(headDim, (valueDim + 15) & ~15, window, 1f / MathF.Sqrt(headDim), cap, dtype) { ValueDim = valueDim, Chunk = chunk };
        float[][] keys = Rows(1, headDim), values = Rows(2, valueDim), queries = Rows(3, headDim);
        keys[5] = new float[headDim]; // of no magnitude at all
        values[47] = [.. values[47].Select(value => value * 1e-39f)]; // denormal
        using var memory = Store(shape, keys, values);
        using var scratch = new NativeBuffer(shape.ScratchFloats(Positions) * sizeof(float));
        var keptKeys = keys.Select(key => KvTwin.Keep(key, dtype)).ToArray();
        var keptValues = values.Select(value => KvTwin.Keep(value, dtype)).ToArray();
        for (int count = 1; count <= 4; count++)
        {
            foreach (int last in new[] { 3, 16, 47, 63, 64, 65, 130, 149, 257, 289 })
            {
                int[] positions = [.. Enumerable.Range(last - count + 1, count)];
                float[] actual = Attend(shape, queries, positions, memory, scratch, sink, biases);
                for (int q = 0; q < count; q++)
                {
                    int seen = positions[q] + 1;
                    int seenWindow = chunk == 0 ? window : Math.Min(window, positions[q] % chunk + 1);
                    float[] expected = TwinMath.Attend(queries[positions[q]], keptKeys[..seen], keptValues[..seen], seenWindow, cap, sink, biases);
                    Bits.AssertEqual(actual.AsSpan(q * valueDim, valueDim), expected, $"{count} queries, position {positions[q]}");
                }
            }
        }
    }

    /// <summary>Many queries over more than stays near go over it part by part, and each gets what it gets alone.</summary>
    [Test]
    public void Attend_MoreThanStaysNear_EqualsOneAtATime(
        [Values(KvCacheDtype.Float32, KvCacheDtype.Bfloat16, KvCacheDtype.Int8)] KvCacheDtype dtype, [Values("64", "130", "256 1100 2.5 sink", "64 1100 0 bias", "320 40 0 sink")] string sizes)
    {
        string[] parts = sizes.Split(' ');
        int headDim = int.Parse(parts[0], CultureInfo.InvariantCulture), window = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : int.MaxValue;
        float cap = parts.Length > 2 ? float.Parse(parts[2], CultureInfo.InvariantCulture) : 0;
        float? sink = parts[^1] == "sink" ? 0.75f : null;
        float[]? biases = parts[^1] == "bias" ? TestValues.Floats(4, Table.Length * 16) : null;
        var shape = new AttentionShape(headDim, (headDim + 15) & ~15, window, 1f / MathF.Sqrt(headDim), cap, dtype);
        float[][] keys = Rows(1, headDim, FarPositions), values = Rows(2, headDim, FarPositions), queries = Rows(3, headDim, FarPositions);
        using var memory = Store(shape, keys, values);
        using var scratch = new NativeBuffer(shape.ScratchFloats(FarPositions) * sizeof(float));
        foreach (int count in new[] { 5, 7, 8, 14, AttentionShape.MaxQueries })
        {
            foreach (int repeats in new[] { 1, 4 })
            {
                // As many heads of a row as there are repeats.
                int[] positions = [.. Enumerable.Range(0, count).Select(q => FarPositions - 9 - (count - 1 - q) / repeats)];
                float[] together = Attend(shape, queries, positions, memory, scratch, sink, biases);
                for (int q = 0; q < count; q++)
                    Bits.AssertEqual(together.AsSpan(q * headDim, headDim), Attend(shape, queries, [positions[q]], memory, scratch, sink, biases), $"{count} queries, position {positions[q]}");
            }
        }
    }

    [Test]
    public void Attend_ValueWithAnInfinityOrNaN_ShowsIt(
        [Values] KvCacheDtype dtype, [Values(float.NaN, float.PositiveInfinity)] float bad, [Values] bool inKey)
    {
        var shape = new AttentionShape(16, 16, int.MaxValue, 0.25f, 0, dtype);
        float[][] keys = Rows(1, 16), values = Rows(2, 16), queries = Rows(3, 16);
        (inKey ? keys : values)[20][3] = bad;
        using var memory = Store(shape, keys, values);
        using var scratch = new NativeBuffer(shape.ScratchFloats(Positions) * sizeof(float));

        Assert.That(Attend(shape, queries, [19], memory, scratch, null), Is.All.Matches<float>(float.IsFinite));
        Assert.That(Attend(shape, queries, [20], memory, scratch, null), Has.Some.Matches<float>(value => !float.IsFinite(value)));
    }

    private static float[][] Rows(int seed, int width, int count = Positions) => [.. TestValues.Floats(seed, count * width).Chunk(width)];

    private static NativeBuffer Store(AttentionShape shape, float[][] keys, float[][] values)
    {
        var memory = new NativeBuffer(89 * shape.BlockBytes);
        new Span<byte>(memory.Pointer, (int)memory.Bytes).Fill(0xFF); // stale content, NaN as floats, must never count
        for (int p = 0; p < keys.Length; p++)
        {
            fixed (float* k = keys[p], v = values[p]) KvWriter.Store(memory.Pointer, shape, Table[p / 16], p % 16, k, v);
        }

        return memory;
    }

    private float[] Attend(AttentionShape shape, float[][] queries, int[] positions, NativeBuffer cache, NativeBuffer scratch, float? sink, float[]? biases = null)
    {
        int count = positions.Length;
        float[] flat = [.. positions.SelectMany(position => queries[position])], result = new float[count * shape.ValueDim];
        float** inputs = stackalloc float*[count];
        float** outputs = stackalloc float*[count];
        nint* rows = stackalloc nint[count]; // of one head, in one block
        float** added = stackalloc float*[(FarPositions + AttentionShape.BiasPositions - 1) / AttentionShape.BiasPositions];
        float[] tables = [.. Enumerable.Range(0, biases is null ? 0 : (biases.Length + AttentionShape.BiasPositions - 1) / AttentionShape.BiasPositions).SelectMany(block => SecondOfTwo(biases, block))];
        float* sinks = stackalloc float[AttentionShape.MaxQueries];
        new Span<float>(sinks, AttentionShape.MaxQueries).Fill(sink ?? 0);
        fixed (float* q = flat, o = result, table = tables)
        fixed (int* p = positions, b = Table)
        {
            for (int block = 0; block * 2 * AttentionShape.BiasPositions < tables.Length; block++) added[block] = table + block * 2 * AttentionShape.BiasPositions;
            for (int i = 0; i < count; i++)
            {
                inputs[i] = q + i * shape.HeadDim;
                outputs[i] = o + i * shape.ValueDim;
                rows[i] = AttentionShape.BiasPositions;
            }

            _kernels.Attend(shape, inputs, outputs, p, count, b, cache.Pointer, sink is null ? null : sinks, scratch.Floats, biases is null ? null : added, rows);
        }

        return result;
    }

    // A block of biases, whose first head has none that could be used.
    private static float[] SecondOfTwo(float[]? biases, int block)
    {
        float[] both = [.. Enumerable.Repeat(float.NaN, 2 * AttentionShape.BiasPositions)];
        biases?.Skip(block * AttentionShape.BiasPositions).Take(AttentionShape.BiasPositions).ToArray().CopyTo(both, AttentionShape.BiasPositions);
        return both;
    }
}
