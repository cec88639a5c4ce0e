using Furiosa.Device.Kernels;

namespace Furiosa.Tests.Device.Kernels;

/// <summary>A PE's part of a matrix that lies in the whole one is what the same part packed by itself is.</summary>
internal sealed unsafe class MatrixSliceTests
{
    private const int Inputs = 700;
    private const int Outputs = 70;
    private const int Rows = 9;

    private static readonly int[] EvenChunks = [0, 64, 160, 256, 352, 416, 512, 608, 700];
    private static readonly int[] OddChunks = [0, 7, 7, 40, 171, 172, 480, 699, 700]; // one of them empty

    private static readonly MatrixForm[] Forms =
    [
        .. new[] { EvenChunks, OddChunks }.SelectMany(chunks => new MatrixForm[]
        {
            new(WeightFormat.F32, Outputs, chunks, HasBias: false),
            new(WeightFormat.F16, Outputs, chunks, HasBias: false),
            new(WeightFormat.Bf16, Outputs, chunks, HasBias: false),
            new(WeightFormat.Bf16, Outputs, chunks, HasBias: false, IsCompressed: true),
            new(WeightFormat.Bf16Rounded, Outputs, chunks, HasBias: false),
            new(WeightFormat.Int8, Outputs, chunks, HasBias: false),
            new(WeightFormat.Int4, Outputs, chunks, HasBias: false),
        }),
    ];

    private static readonly KernelSet Kernels = KernelSet.For(KernelLevel.Auto);

    [TestCaseSource(nameof(Forms))]
    public void Slice_OfAnyChunks_MultipliesAsTheSamePackedByItself(MatrixForm form)
    {
        float[] weights = Array.ConvertAll(TestValues.Floats(1, Outputs * Inputs), value => float.IsFinite(value) ? (float)(Half)TestValues.RoundedToBf16([value % 4])[0] : 0.5f);
        float[] a = Array.ConvertAll(TestValues.Floats(2, Rows * Inputs), value => float.IsFinite(value) ? value % 8 : 1);
        using var whole = LinearKernelTests.Pack(form, weights, []);
        foreach (int count in new[] { 1, 2, 4, 8 })
        {
            for (int first = 0; first < 8; first += count)
            {
                int start = whole.ChunkStarts[first], inputs = whole.ChunkStarts[first + count] - start;
                using var own = LinearKernelTests.Pack(form with { ChunkStarts = Borders(form, first, count) }, Columns(weights, start, inputs), []);
                using var slice = whole.Slice(first, count);

                Assert.That((slice.Whole, slice.PanelBytes), Is.EqualTo((whole, own.PanelBytes)));
                Bits.AssertEqual(Multiply(slice, Columns(a, start, inputs)), Multiply(own, Columns(a, start, inputs)), $"chunks {first} to {first + count - 1}");
            }
        }
    }

    [Test]
    public void Slices_OfAPanel_LieSideBySide()
    {
        using var whole = LinearKernelTests.Pack(Forms[2], new float[Outputs * Inputs], []);
        for (int panel = 0; panel < whole.PanelCount; panel++)
        {
            byte* next = whole.Panel(panel);
            for (int chunk = 0; chunk < 8; chunk++)
            {
                using var slice = whole.Slice(chunk, 1);
                Assert.That((nint)slice.Panel(panel), Is.EqualTo((nint)next), $"chunk {chunk} of panel {panel}");
                next += slice.PanelBytes;
            }

            Assert.That((nint)next, Is.EqualTo((nint)whole.Panel(panel + 1)));
        }
    }

    [Test]
    public void Slice_Cleared_LeavesTheRestAlone()
    {
        using var whole = LinearKernelTests.Pack(Forms[0], [.. Enumerable.Repeat(1f, Outputs * Inputs)], []);
        using var slice = whole.Slice(2, 2);

        slice.Clear();

        float cleared = whole.ChunkStarts[4] - whole.ChunkStarts[2];
        float[] ones = [.. Enumerable.Repeat(1f, Rows * Inputs)];
        Assert.That(Multiply(whole, ones), Is.All.EqualTo(Inputs - cleared));
    }

    [Test]
    public void Slice_OfASlice_LiesInTheWhole()
    {
        using var whole = LinearKernelTests.Pack(Forms[0], new float[Outputs * Inputs], []);
        using PackedMatrix slice = whole.Slice(4, 4), inner = slice.Slice(2, 1), same = whole.Slice(6, 1);

        for (int panel = 0; panel < whole.PanelCount; panel++) Assert.That((nint)inner.Panel(panel), Is.EqualTo((nint)same.Panel(panel)), $"panel {panel}");
    }

    [Test]
    public void Slice_OfAMatrixWithBias_IsRefused()
    {
        using var whole = LinearKernelTests.Pack(Forms[0] with { HasBias = true }, new float[Outputs * Inputs], new float[Outputs]);

        Assert.That(() => whole.Slice(0, 1), Throws.InvalidOperationException);
    }

    private static int[] Borders(MatrixForm form, int first, int count) =>
        [.. form.ChunkStarts.Skip(first).Take(count + 1).Select(start => start - form.ChunkStarts[first])];

    private static float[] Columns(float[] rows, int start, int count) =>
        [.. Enumerable.Range(0, rows.Length / Inputs).SelectMany(row => rows.AsSpan(row * Inputs + start, count).ToArray())];

    private static float[] Multiply(PackedMatrix matrix, float[] a)
    {
        int inputs = matrix.ChunkStarts[^1];
        if (matrix.Layout is not { } layout) return LinearKernelTests.Multiply(Kernels, matrix, a, Rows, inputs);
        var quantized = new byte[Rows * layout.RowBytes];
        var y = new float[Rows * matrix.PaddedColumns];
        fixed (float* input = a, output = y)
        fixed (byte* rows = quantized)
        {
            for (int row = 0; row < Rows; row++) Kernels.Quantize(layout, input + row * inputs, rows + row * layout.RowBytes);
            Kernels.QuantizedLinear(matrix, 0, matrix.PanelCount, rows, layout.RowBytes, Rows, output, matrix.PaddedColumns);
        }

        return [.. Enumerable.Range(0, Rows).SelectMany(row => y.AsSpan(row * matrix.PaddedColumns, Outputs).ToArray())];
    }
}
