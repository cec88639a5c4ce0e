using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Kernels;

[TestFixture(KernelLevel.Scalar)]
[TestFixture(KernelLevel.Vector256)]
[TestFixture(KernelLevel.Vector512)]
internal sealed unsafe class LinearKernelTests(KernelLevel level)
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
    [TestCase(5, 40, 129)]
    [TestCase(6, 31, 1030)]
    [TestCase(7, 96, 65)]
    [TestCase(8, 64, 300)]
    [TestCase(13, 33, 131)]
    [TestCase(21, 70, 129)]
    [TestCase(16, 40, 1101)]
    [TestCase(75, 33, 545)]
    [TestCase(40, 64, 1601)]
    public void Linear_OddSizes_EqualsPlainLoops(int rows, int outputs, int inputs)
    {
        foreach (var format in new[] { WeightFormat.Bf16, WeightFormat.F32, WeightFormat.F16 })
        {
            foreach (bool strange in new[] { false, true })
            {
                // Panels of halves hold none that is no number, but zeros, and numbers below the normal ones.
                float[] a = strange ? TestValues.Strange(1, rows * inputs) : TestValues.Floats(1, rows * inputs);
                float[] w = Weights(strange ? TestValues.Strange(2, outputs * inputs) : TestValues.Floats(2, outputs * inputs), format);
                float[] bias = TestValues.Floats(3, outputs);
                using var matrix = Pack(format, w, outputs, [0, inputs], bias);
                var expected = new float[rows * outputs];
                for (int i = 0; i < expected.Length; i++)
                    expected[i] = TwinMath.Dot(a.AsSpan(i / outputs * inputs, inputs), w.AsSpan(i % outputs * inputs, inputs)) + bias[i % outputs];

                Bits.AssertEqual(Multiply(_kernels, matrix, a, rows, inputs), expected, $"{format}, strange {strange}");
            }
        }
    }

    [TestCase(1, 32)]
    [TestCase(5, 80)]
    [TestCase(9, 100)]
    [TestCase(8, 999)]
    [TestCase(70, 4500)]
    public void Linear_InChunks_EqualsTreeOfChunkSums(int rows, int inputs)
    {
        const int Outputs = 40;
        float[] a = TestValues.Floats(4, rows * inputs), w = Weights(TestValues.Floats(5, Outputs * inputs), WeightFormat.Bf16);
        int[] borders = Furiosa.Device.Models.ChunkPartition.Borders(inputs, 32, 1, 0);
        float[] bias = TestValues.Floats(6, Outputs);
        using var matrix = Pack(WeightFormat.Bf16, w, Outputs, borders, bias);
        var expected = new float[rows * Outputs];
        for (int i = 0; i < expected.Length; i++)
            expected[i] = TwinMath.ChunkedDot(a.AsSpan(i / Outputs * inputs, inputs), w.AsSpan(i % Outputs * inputs, inputs), 32) + bias[i % Outputs];

        Bits.AssertEqual(Multiply(_kernels, matrix, a, rows, inputs), expected, "chunked");
    }

    [Test]
    public void Linear_OfNoInputs_IsZero()
    {
        using var matrix = new PackedMatrix(WeightFormat.Bf16, 40, [0, 0, 0], []);

        Bits.AssertEqual(Multiply(_kernels, matrix, [1, 2, 3], 3, 1), new float[120], "empty");
    }

    private static float[] Weights(float[] values, WeightFormat format) => format switch
    {
        WeightFormat.Bf16 => TestValues.RoundedToBf16(values),
        WeightFormat.F16 => Array.ConvertAll(values, value => float.IsFinite(value) ? (float)(Half)(value % 100 * (value < 0.5f ? 1e-3f : 1)) : -0f),
        _ => values,
    };

    /// <summary>Packs through a file, as a model does.</summary>
    internal static PackedMatrix Pack(WeightFormat format, float[] weights, int outputs, int[] chunks, float[] bias) =>
        Pack(new MatrixForm(format, outputs, chunks, bias.Length > 0), weights, bias);

    /// <summary>The same in any form.</summary>
    internal static PackedMatrix Pack(MatrixForm form, float[] weights, float[] bias)
    {
        using var directory = new TemporaryDirectory();
        string path = Path.Combine(directory.Path, "w.safetensors");
        File.WriteAllBytes(path, SafetensorsWriter.Write(SafetensorsWriter.Floats("w", [form.Columns, weights.Length / form.Columns], weights)));
        using var file = SafetensorsFile.Open(path);
        var matrix = new PackedMatrix(form, bias);
        for (int panel = 0; panel < matrix.PanelCount; panel++)
            Assert.That(PanelPacker.TryPack(matrix, [new WeightRows(file.Tensors["w"], 0, form.Columns)], 0, panel), Is.True, $"panel {panel}");
        return matrix;
    }

    /// <summary>All outputs of some rows.</summary>
    internal static float[] Multiply(KernelSet kernels, PackedMatrix matrix, float[] a, int rows, int inputs)
    {
        var padded = new float[rows * matrix.PaddedColumns];
        fixed (float* input = a, output = padded)
            kernels.Linear(matrix, 0, matrix.PanelCount, input, inputs, rows, output, matrix.PaddedColumns);
        var result = new float[rows * matrix.Columns];
        for (int i = 0; i < result.Length; i++) result[i] = padded[i / matrix.Columns * matrix.PaddedColumns + i % matrix.Columns];
        return result;
    }
}
