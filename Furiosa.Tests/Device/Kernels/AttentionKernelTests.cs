using Furiosa.Device.Kernels;
using Furiosa.Device.Kv;

namespace Furiosa.Tests.Device.Kernels;

[TestFixture(KernelLevel.Scalar)]
[TestFixture(KernelLevel.Vector256)]
[TestFixture(KernelLevel.Vector512)]
internal sealed unsafe class AttentionKernelTests(KernelLevel level)
{
    private const int Positions = 150;

    private readonly KernelSet _kernels = KernelSet.For(level);

    [TestCase(2, int.MaxValue)]
    [TestCase(10, 7)]
    [TestCase(16, int.MaxValue)]
    [TestCase(64, int.MaxValue)]
    [TestCase(64, 1)]
    [TestCase(80, 16)]
    [TestCase(128, 100)]
    public void Attend_EveryPositionAndGrouping_EqualsPlainLoops(int headDim, int window)
    {
        var shape = new AttentionShape(headDim, (headDim + 15) & ~15, window, 1f / MathF.Sqrt(headDim));
        float[][] keys = Rows(1, headDim), values = Rows(2, headDim), queries = Rows(3, headDim);
        int[] table = [.. Enumerable.Range(0, (Positions + 15) / 16).Select(block => block * 7 % 11)];
        using var memory = new NativeBuffer(11L * shape.BlockFloats * sizeof(float));
        using var scratch = new NativeBuffer(shape.ScratchFloats(Positions) * sizeof(float));
        new Span<float>(memory.Floats, 11 * shape.BlockFloats).Fill(float.NaN); // stale content must never count
        fixed (float* k = keys.SelectMany(row => row).ToArray(), v = values.SelectMany(row => row).ToArray())
        {
            for (int p = 0; p < Positions; p++) KvCache.Store(memory.Floats, shape, table[p / 16], p % 16, k + p * headDim, v + p * headDim);
        }

        for (int count = 1; count <= 4; count++)
        {
            foreach (int last in new[] { 3, 16, 47, 63, 64, 65, 130, 149 })
            {
                int[] positions = [.. Enumerable.Range(last - count + 1, count)];
                float[] actual = Attend(shape, queries, positions, table, memory, scratch);
                for (int q = 0; q < count; q++)
                {
                    int seen = positions[q] + 1;
                    float[] expected = TwinMath.Attend(queries[positions[q]], keys[..seen], values[..seen], window);
                    Bits.AssertEqual(actual.AsSpan(q * headDim, headDim), expected, $"{count} queries, position {positions[q]}");
                }
            }
        }
    }

    private static float[][] Rows(int seed, int width) => [.. TestValues.Floats(seed, Positions * width).Chunk(width)];

    private float[] Attend(AttentionShape shape, float[][] queries, int[] positions, int[] table, NativeBuffer cache, NativeBuffer scratch)
    {
        int count = positions.Length;
        float[] flat = [.. positions.SelectMany(position => queries[position])], result = new float[count * shape.HeadDim];
        float** inputs = stackalloc float*[count];
        float** outputs = stackalloc float*[count];
        fixed (float* q = flat, o = result)
        fixed (int* p = positions, b = table)
        {
            for (int i = 0; i < count; i++)
            {
                inputs[i] = q + i * shape.HeadDim;
                outputs[i] = o + i * shape.HeadDim;
            }

            _kernels.Attend(shape, inputs, outputs, p, count, b, cache.Floats, null, scratch.Floats);
        }

        return result;
    }
}
