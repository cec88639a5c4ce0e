using Furiosa.Device.Kernels;
using Furiosa.Device.Kernels.Quantized;
using Furiosa.Device.Models;

namespace Furiosa.Tests.Device.Kernels.Quantized;

[TestFixture(KernelLevel.Scalar)]
[TestFixture(KernelLevel.Vector256)]
[TestFixture(KernelLevel.Vector512)]
[TestFixture(KernelLevel.Vnni512)]
internal sealed unsafe class QuantizedKernelTests(KernelLevel level)
{
    private readonly KernelSet _kernels = KernelSet.For(level);

    [TestCase(0, 33, 32)]
    [TestCase(1, 1, 1)]
    [TestCase(1, 64, 64)]
    [TestCase(1, 100, 77)]
    [TestCase(2, 33, 3)]
    [TestCase(3, 31, 30)]
    [TestCase(5, 70, 545)]
    [TestCase(7, 96, 65)]
    [TestCase(16, 64, 1100)]
    [TestCase(21, 70, 129)]
    [TestCase(67, 40, 70)]
    public void QuantizedLinear_OddSizes_EqualsPlainLoops(int rows, int outputs, int inputs)
    {
        foreach (var format in new[] { WeightFormat.Int8, WeightFormat.Int4 })
        {
            foreach (bool strange in new[] { false, true })
            {
                float[] a = strange ? TestValues.Strange(1, rows * inputs) : TestValues.Floats(1, rows * inputs);
                float[] w = TestValues.Floats(2, outputs * inputs), bias = TestValues.Floats(3, outputs);
                using var matrix = Pack(format, w, outputs, [0, inputs], bias);
                var expected = new float[rows * outputs];
                for (int i = 0; i < expected.Length; i++)
                {
                    var weights = w.AsSpan(i % outputs * inputs, inputs);
                    expected[i] = QuantizedTwin.Dot(a.AsSpan(i / outputs * inputs, inputs), weights, BitsOf(format)) + bias[i % outputs];
                }

                Bits.AssertEqual(Multiply(matrix, a, rows, inputs), expected, $"{format}, strange {strange}");
            }
        }
    }

    [TestCase(1, 32)]
    [TestCase(5, 80)]
    [TestCase(9, 100)]
    [TestCase(8, 999)]
    [TestCase(70, 4500)]
    public void QuantizedLinear_InChunks_EqualsTreeOfChunkSums(int rows, int inputs)
    {
        const int Outputs = 40, Unit = 20;
        foreach (var format in new[] { WeightFormat.Int8, WeightFormat.Int4 })
        {
            float[] a = TestValues.Floats(4, rows * inputs), w = TestValues.Floats(5, Outputs * inputs);
            using var matrix = Pack(format, w, Outputs, ChunkPartition.Borders(inputs, Unit, 1, 0), []);
            var expected = new float[rows * Outputs];
            for (int i = 0; i < expected.Length; i++)
                expected[i] = QuantizedTwin.ChunkedDot(a.AsSpan(i / Outputs * inputs, inputs), w.AsSpan(i % Outputs * inputs, inputs), Unit, BitsOf(format));

            Bits.AssertEqual(Multiply(matrix, a, rows, inputs), expected, $"{format}");
        }
    }

    [Test]
    public void QuantizedLinear_ExtremeValues_StaysExact()
    {
        // The largest sums that a group can have, of both signs: nothing saturates.
        foreach (float sign in new[] { 1f, -1f })
        {
            float[] a = [.. Enumerable.Repeat(3f, 64)], w = [.. Enumerable.Repeat(sign, 64 * 32)];
            using var matrix = Pack(WeightFormat.Int8, w, 32, [0, 64], []);
            float scale = (float)(Half)(1f / 127f), row = 3f / 127f;
            float group = MathF.FusedMultiplyAdd(32 * 127 * 127 * sign * scale, row, 0), expected = MathF.FusedMultiplyAdd(32 * 127 * 127 * sign * scale, row, group);

            Bits.AssertEqual(Multiply(matrix, a, 1, 64), [.. Enumerable.Repeat(expected, 32)], $"{sign}");
        }
    }

    [TestCase(1f)]
    [TestCase(-1f)]
    public void QuantizedLinear_ExtremeFourBitValues_StaysExact(float sign)
    {
        // Weights of -8 and 7, activations of 127: the largest sums of both signs, for one row and for several.
        foreach (float weight in new[] { -8f, 7f })
        {
            float[] a = [.. Enumerable.Repeat(3f * sign, 4 * 64)], w = [.. Enumerable.Repeat(weight, 64 * 32)];
            for (int i = 0; i < w.Length; i += 32) w[i] = -8f; // the scale is 1
            using var matrix = Pack(WeightFormat.Int4, w, 32, [0, 64], []);
            float products = 127 * sign * (31 * weight - 8), row = 3f / 127f;
            float expected = MathF.FusedMultiplyAdd(products, row, MathF.FusedMultiplyAdd(products, row, 0));

            for (int rows = 1; rows <= 4; rows++)
                Bits.AssertEqual(Multiply(matrix, a, rows, 64), [.. Enumerable.Repeat(expected, rows * 32)], $"{weight}, {rows} rows");
        }
    }

    [Test]
    public void QuantizedLinear_OneRowNotFinite_MakesOnlyThatRowNaN()
    {
        float[] a = TestValues.Floats(6, 5 * 96), w = TestValues.Floats(7, 32 * 96);
        using var matrix = Pack(WeightFormat.Int8, w, 32, [0, 96], []);
        float[] clean = Multiply(matrix, a, 5, 96);
        a[2 * 96 + 50] = float.NegativeInfinity;
        float[] result = Multiply(matrix, a, 5, 96);

        Assert.That(result[64..96], Is.All.NaN);
        Bits.AssertEqual(result[..64], clean[..64], "before");
        Bits.AssertEqual(result[96..], clean[96..], "after");
    }

    [Test]
    public void QuantizedLinear_OfNoInputs_IsZero()
    {
        using var matrix = new PackedMatrix(WeightFormat.Int8, 40, [0, 0, 0], []);

        Bits.AssertEqual(Multiply(matrix, [1, 2, 3], 3, 1), new float[120], "empty");
    }

    [TestCase(float.NaN)]
    [TestCase(float.PositiveInfinity)]
    public void TryPack_WeightNotFinite_IsRefused(float value)
    {
        float[] weights = TestValues.Floats(8, 70);
        weights[66] = value;
        using var matrix = new PackedMatrix(WeightFormat.Int4, 1, [0, 70], []);

        Assert.That(QuantizedPacker.TryPack(matrix, 0, 0, weights), Is.False);
    }

    [Test]
    public void TryPack_TinyAndHugeWeights_EqualsPlainLoops()
    {
        float[] w = TestValues.Floats(9, 32 * 128), a = TestValues.Floats(10, 128);
        for (int i = 0; i < w.Length; i++) w[i] *= (i / 32 % 4) switch { 0 => 1e-44f, 1 => 1e-9f, 2 => 1e35f, _ => 0f };
        foreach (var format in new[] { WeightFormat.Int8, WeightFormat.Int4 })
        {
            using var matrix = Pack(format, w, 32, [0, 128], []);
            float[] expected = [.. Enumerable.Range(0, 32).Select(n => QuantizedTwin.Dot(a, w.AsSpan(n * 128, 128), BitsOf(format)))];

            Bits.AssertEqual(Multiply(matrix, a, 1, 128), expected, $"{format}");
        }
    }

    private static int BitsOf(WeightFormat format) => format == WeightFormat.Int8 ? 8 : 4;

    private static PackedMatrix Pack(WeightFormat format, float[] weights, int outputs, int[] chunks, float[] bias)
    {
        var matrix = new PackedMatrix(format, outputs, chunks, bias);
        int inputs = weights.Length / outputs;
        for (int n = 0; n < outputs; n++)
            Assert.That(QuantizedPacker.TryPack(matrix, n / 32, n % 32, weights.AsSpan(n * inputs, inputs)));
        return matrix;
    }

    private float[] Multiply(PackedMatrix matrix, float[] a, int rows, int inputs)
    {
        var padded = new float[rows * matrix.PaddedColumns];
        var quantized = new byte[rows * matrix.Layout!.RowBytes];
        fixed (float* input = a, output = padded)
        fixed (byte* row = quantized)
        {
            for (int i = 0; i < rows; i++) _kernels.Quantize(matrix.Layout, input + i * inputs, row + i * matrix.Layout.RowBytes);
            _kernels.QuantizedLinear(matrix, 0, matrix.PanelCount, row, matrix.Layout.RowBytes, rows, output, matrix.PaddedColumns);
        }

        var result = new float[rows * matrix.Columns];
        for (int i = 0; i < result.Length; i++) result[i] = padded[i / matrix.Columns * matrix.PaddedColumns + i % matrix.Columns];
        return result;
    }
}
