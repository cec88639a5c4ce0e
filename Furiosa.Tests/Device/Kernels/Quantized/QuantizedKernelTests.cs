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
    [TestCase(2, 64, 545)]
    [TestCase(4, 33, 546)]
    [TestCase(5, 70, 545)]
    [TestCase(6, 40, 1030)]
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
    [TestCase(13, 9000)] // more than a block of groups in each chunk
    public void QuantizedLinear_InChunks_EqualsTreeOfChunkSums(int rows, int inputs)
    {
        const int Outputs = 40, Unit = 20;
        foreach (var format in new[] { WeightFormat.Int8, WeightFormat.Int4 })
        {
            float[] a = TestValues.Floats(4, rows * inputs), w = TestValues.Floats(5, Outputs * inputs), bias = TestValues.Floats(6, Outputs);
            using var matrix = Pack(format, w, Outputs, ChunkPartition.Borders(inputs, Unit, 1, 0), bias);
            var expected = new float[rows * Outputs];
            for (int i = 0; i < expected.Length; i++)
                expected[i] = QuantizedTwin.ChunkedDot(a.AsSpan(i / Outputs * inputs, inputs), w.AsSpan(i % Outputs * inputs, inputs), Unit, BitsOf(format)) + bias[i % Outputs];

            Bits.AssertEqual(Multiply(matrix, a, rows, inputs), expected, $"{format}");
        }
    }

    [Test]
    public void QuantizedLinear_InputsOfEverySize_EqualsPlainLoops()
    {
        // Each row's largest input stands just below or on a border of the scales, for each exponent that a float has.
        float[] fractions = [1, MathF.BitDecrement(127.5f / 64), 127.5f / 64, MathF.BitDecrement(2)];
        float[] a = TestValues.Floats(11, 277 * fractions.Length * 32), w = TestValues.Floats(12, 32 * 32);
        int rows = a.Length / 32;
        for (int row = 0; row < rows; row++)
        {
            float largest = fractions[row % fractions.Length] * MathF.ScaleB(1, row / fractions.Length - 149);
            var group = a.AsSpan(row * 32, 32);
            for (int i = 0; i < 32; i++) group[i] = i == row % 32 ? -largest : Math.Clamp(group[i], -1, 1) * largest;
        }

        foreach (var format in new[] { WeightFormat.Int8, WeightFormat.Int4 })
        {
            using var matrix = Pack(format, w, 32, [0, 32], []);
            float[] expected = [.. Enumerable.Range(0, rows * 32).Select(i => QuantizedTwin.Dot(a.AsSpan(i / 32 * 32, 32), w.AsSpan(i % 32 * 32, 32), BitsOf(format)))];

            Assert.That(expected.Count(float.IsNaN), Is.EqualTo(32 * (4 * 17 + 2)), "from 127.5 * 2^104 on");
            Bits.AssertEqual(Multiply(matrix, a, rows, 32), expected, $"{format}");
        }
    }

    [Test]
    public void QuantizedLinear_ExtremeBytes_StaysExact([Values] bool eightBits, [Values(1, 2, 3, 4, 5, 6, 7, 8, 13, 24, 25, 64)] int rows)
    {
        // Every half at its ends under the largest inputs, whose signs change in none, every second, or every other pair of places: nothing
        // saturates. Byte 0 is -128, which the quantiser never writes.
        const int Inputs = 64;
        const float Scale = 1 / 32f;
        var format = eightBits ? WeightFormat.Int8 : WeightFormat.Int4;
        foreach (byte stored in new byte[] { 0, 1, 15, 16, 128, 240, 255 })
        {
            foreach (int flips in new[] { 0, 1, 2, 3 })
            {
                var signs = new int[Inputs];
                for (int i = 0; i < Inputs; i++) signs[i] = flips switch { 0 => 1, 1 => -1, 2 => 1 - i % 2 * 2, _ => 1 - i / 2 % 2 * 2 };
                using var matrix = new PackedMatrix(format, PackedMatrix.PanelColumns, [0, Inputs], []);
                var expected = 0f;
                for (int group = 0; group < Inputs / 32; group++)
                {
                    byte* block = matrix.Panel(0) + group * matrix.BlockBytes;
                    new Span<Half>(block, PackedMatrix.PanelColumns).Fill((Half)1f);
                    new Span<byte>(block + 64, matrix.BlockBytes - 64).Fill(stored);
                    var sum = 0;
                    for (int i = 0; i < 32; i++) sum += 127 * signs[group * 32 + i] * (eightBits ? stored - 128 : (i < 16 ? stored & 15 : stored >> 4) - 8);
                    expected = MathF.FusedMultiplyAdd(sum, Scale, expected);
                }

                float[] a = [.. Enumerable.Range(0, rows * Inputs).Select(i => 127 * Scale * signs[i % Inputs])];
                Bits.AssertEqual(Multiply(matrix, a, rows, Inputs), [.. Enumerable.Repeat(expected, rows * 32)], $"{stored}, {flips}");
            }
        }
    }

    [Test]
    public void QuantizedLinear_InstructionsThatCannotBeEmitted_GiveTheSame()
    {
        Assume.That(Avx2BlockTiles.IsSupported && level == KernelLevel.Vector256);
        foreach (var format in new[] { WeightFormat.Int8, WeightFormat.Int4 })
        {
            float[] a = TestValues.Strange(1, 67 * 1100), w = TestValues.Floats(2, 70 * 1100);
            using var matrix = Pack(format, w, 70, [0, 1100], []);
            var emitted = Multiply(matrix, a, 67, 1100);

            Bits.AssertEqual(Multiply(matrix, a, 67, 1100, new Avx2Tiles()), emitted, $"{format}");
        }
    }

    [Test]
    public void QuantizedLinear_OneRowNotFinite_MakesOnlyThatRowNaN()
    {
        const int Rows = 29;
        float[] a = TestValues.Floats(6, Rows * 96), w = TestValues.Floats(7, 32 * 96);
        using var matrix = Pack(WeightFormat.Int8, w, 32, [0, 96], []);
        float[] clean = Multiply(matrix, a, Rows, 96);
        a[2 * 96 + 50] = float.NegativeInfinity;
        float[] result = Multiply(matrix, a, Rows, 96);

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

    [Test]
    public void QuantizeColumns_PanelByPanel_EqualsTheWholeRow([Values] bool ofPairs, [Values(1, 31, 32, 33, 96, 250, 255)] int inputs)
    {
        var layout = new GroupLayout([0, inputs / 2 / 32 * 32, inputs], ofPairs);
        float[] row = TestValues.Strange(3, inputs);
        byte[] whole = new byte[layout.RowBytes], byPanels = new byte[layout.RowBytes];
        fixed (float* x = row)
        fixed (byte* one = whole, other = byPanels)
        {
            _kernels.Quantize(layout, x, one);
            for (int panel = (inputs + 31) / 32, count; panel > 0;)
            {
                panel -= count = Math.Min(panel, 1 + panel % 2);
                _kernels.QuantizeColumns(layout, x + panel * 32, panel * 32, count * 32, other);
            }
        }

        Assert.That(layout.IsEven);
        Assert.That(byPanels, Is.EqualTo(whole));
    }

    [Test]
    public void IsEven_ChunkThatBeginsBetweenPanels_IsNot()
    {
        Assert.That(new GroupLayout([0, 48, 96]).IsEven, Is.False);
        Assert.That(new GroupLayout([0, 64, 96, 100]).IsEven, Is.True);
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

    private float[] Multiply(PackedMatrix matrix, float[] a, int rows, int inputs, IntegerTiles? tiles = null)
    {
        var padded = new float[rows * matrix.PaddedColumns];
        var quantized = new byte[rows * matrix.Layout!.RowBytes];
        fixed (float* input = a, output = padded)
        fixed (byte* row = quantized)
        {
            for (int i = 0; i < rows; i++) _kernels.Quantize(matrix.Layout, input + i * inputs, row + i * matrix.Layout.RowBytes);
            if (tiles is null) _kernels.QuantizedLinear(matrix, 0, matrix.PanelCount, row, matrix.Layout.RowBytes, rows, output, matrix.PaddedColumns);
            else QuantizedKernel<Lanes256>.Run(tiles, matrix, 0, matrix.PanelCount, row, matrix.Layout.RowBytes, rows, output, matrix.PaddedColumns);
        }

        var result = new float[rows * matrix.Columns];
        for (int i = 0; i < result.Length; i++) result[i] = padded[i / matrix.Columns * matrix.PaddedColumns + i % matrix.Columns];
        return result;
    }
}
