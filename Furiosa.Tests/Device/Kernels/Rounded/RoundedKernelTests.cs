using Furiosa.Device.Kernels;
using Furiosa.Device.Kernels.Quantized;
using Furiosa.Device.Models;

namespace Furiosa.Tests.Device.Kernels.Rounded;

[TestFixture(KernelLevel.Scalar)]
[TestFixture(KernelLevel.Vector256)]
[TestFixture(KernelLevel.Vnni512)]
internal sealed unsafe class RoundedKernelTests(KernelLevel level)
{
    private readonly KernelSet _kernels = KernelSet.For(level);

    [TestCase(0, 33, 32)]
    [TestCase(1, 1, 1)]
    [TestCase(1, 64, 64)]
    [TestCase(2, 33, 3)]
    [TestCase(3, 31, 30)]
    [TestCase(4, 32, 18)]
    [TestCase(5, 33, 33)]
    [TestCase(7, 40, 65)]
    [TestCase(13, 40, 301)]
    [TestCase(67, 33, 70)]
    public void Linear_OddSizes_EqualsPlainLoops(int rows, int outputs, int inputs)
    {
        foreach (string kind in new[] { "plain", "strange", "tiny" })
        {
            float[] a = Values(kind, 1, rows * inputs), w = TestValues.RoundedToBf16(Values(kind, 2, outputs * inputs)), bias = TestValues.Floats(3, outputs);
            using var matrix = LinearKernelTests.Pack(WeightFormat.Bf16Rounded, w, outputs, [0, inputs], bias);
            var expected = new float[rows * outputs];
            for (int i = 0; i < expected.Length; i++)
                expected[i] = RoundedTwin.Dot(a.AsSpan(i / outputs * inputs, inputs), w.AsSpan(i % outputs * inputs, inputs)) + bias[i % outputs];

            Bits.AssertEqual(Multiply(matrix, a, rows, inputs), expected, kind);
        }
    }

    [TestCase(1, 32)]
    [TestCase(5, 80)]
    [TestCase(9, 101)]
    [TestCase(14, 999)]
    public void Linear_InChunks_EqualsTreeOfChunkSums(int rows, int inputs)
    {
        const int Outputs = 40, Unit = 21;
        float[] a = TestValues.Floats(4, rows * inputs), w = TestValues.RoundedToBf16(TestValues.Floats(5, Outputs * inputs));
        using var matrix = LinearKernelTests.Pack(WeightFormat.Bf16Rounded, w, Outputs, ChunkPartition.Borders(inputs, Unit, 1, 0), []);
        var expected = new float[rows * Outputs];
        for (int i = 0; i < expected.Length; i++)
            expected[i] = RoundedTwin.ChunkedDot(a.AsSpan(i / Outputs * inputs, inputs), w.AsSpan(i % Outputs * inputs, inputs), Unit);

        Bits.AssertEqual(Multiply(matrix, a, rows, inputs), expected, "chunked");
    }

    [Test]
    public void Linear_SumJustUnderTheSmallestNumber_IsZero()
    {
        // 2^-126 - 2^-150 needs no more than 24 bits: nothing rounds it up to a number that is not denormal.
        float[] w = [-MathF.ScaleB(1, -75), 1], a = [MathF.ScaleB(1, -75), MathF.ScaleB(1, -126)];
        using var matrix = LinearKernelTests.Pack(WeightFormat.Bf16Rounded, w, 1, [0, 2], []);

        Bits.AssertEqual(Multiply(matrix, a, 1, 2), [RoundedTwin.Dot(a, w)], "against plain loops");
        Assert.That(RoundedTwin.Dot(a, w), Is.Zero);
        Assert.That(MathF.FusedMultiplyAdd(a[0], w[0], a[1]), Is.EqualTo(a[1]), "a sum that may be denormal");
    }

    [Test]
    public void Linear_OfNoInputs_IsZero()
    {
        using var matrix = new PackedMatrix(WeightFormat.Bf16Rounded, 40, [0, 0, 0], []);

        Bits.AssertEqual(Multiply(matrix, [1, 2, 3], 3, 1), new float[120], "empty");
    }

    [Test]
    public void Quantize_Row_RoundsToPairs()
    {
        float[] row = TestValues.Strange(6, 77);
        var layout = new GroupLayout([0, 33, 77], ofPairs: true);
        var target = new uint[layout.RowBytes / sizeof(uint)];
        fixed (float* source = row)
        fixed (uint* pairs = target) _kernels.Quantize(layout, source, (byte*)pairs);

        Assert.That(target, Has.Length.EqualTo(17 + 22));
        for (int i = 0; i < 33; i++) Assert.That((ushort)(target[i / 2] >> i % 2 * 16), Is.EqualTo(PanelPacker.RoundToBf16(row[i])), $"{i}");
        Assert.That(target[16] >> 16, Is.Zero, "the first chunk is of odd length");
        for (int i = 33; i < 77; i++) Assert.That((ushort)(target[17 + (i - 33) / 2] >> (i - 33) % 2 * 16), Is.EqualTo(PanelPacker.RoundToBf16(row[i])), $"{i}");
    }

    private static float[] Values(string kind, int seed, int count)
    {
        if (kind == "strange") return TestValues.Strange(seed, count);
        float[] values = TestValues.Floats(seed, count);
        // Products about 2^-126, of numbers some of which are denormal themselves.
        for (int i = 0; kind == "tiny" && i < count; i++) values[i] = MathF.ScaleB(values[i], i % 7 == 0 ? -127 : -63);
        return values;
    }

    private float[] Multiply(PackedMatrix matrix, float[] a, int rows, int inputs)
    {
        var padded = new float[rows * matrix.PaddedColumns];
        var rounded = new byte[rows * matrix.Layout!.RowBytes];
        fixed (float* input = a, output = padded)
        fixed (byte* row = rounded)
        {
            for (int i = 0; i < rows; i++) _kernels.Quantize(matrix.Layout, input + i * inputs, row + i * matrix.Layout.RowBytes);
            _kernels.QuantizedLinear(matrix, 0, matrix.PanelCount, row, matrix.Layout.RowBytes, rows, output, matrix.PaddedColumns);
        }

        var result = new float[rows * matrix.Columns];
        for (int i = 0; i < result.Length; i++) result[i] = padded[i / matrix.Columns * matrix.PaddedColumns + i % matrix.Columns];
        return result;
    }
}
