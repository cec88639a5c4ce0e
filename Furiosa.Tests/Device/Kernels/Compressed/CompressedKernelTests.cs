using Furiosa.Device.Kernels;
using Furiosa.Device.Kernels.Compressed;

namespace Furiosa.Tests.Device.Kernels.Compressed;

/// <summary>Products over compressed panels have the bits of products over the weights as they were.</summary>
[TestFixture(KernelLevel.Scalar)]
[TestFixture(KernelLevel.Vector256)]
[TestFixture(KernelLevel.Vector512)]
internal sealed unsafe class CompressedKernelTests(KernelLevel level)
{
    private const int Outputs = 70;
    private readonly KernelSet _kernels = KernelSet.For(level);

    [Test]
    public void Linear_OfAnyRowsAndInputs_HasTheBitsOfPlainWeights([Values(1, 2, 3, 7, 8, 9, 16, 21, 70)] int rows, [Values(1, 2, 127, 129, 256, 901)] int inputs)
    {
        float[] weights = Weights(inputs, exceptionEvery: 0), a = TestValues.Floats(2, rows * inputs);
        Check(weights, a, rows, [0, inputs]);
    }

    // Exceptions side by side, in one pair, in the first and in the last.
    [TestCase(1, 384, 1601)]
    [TestCase(5, 301, 1997)]
    [TestCase(8, 384, 1409)]
    [TestCase(19, 1000, 1301)]
    [TestCase(64, 513, 1511)]
    public void Linear_OfBlocksWithExceptions_HasTheBitsOfPlainWeights(int rows, int inputs, int exceptionEvery)
    {
        float[] weights = Weights(inputs, exceptionEvery), a = TestValues.Floats(3, rows * inputs);
        Check(weights, a, rows, [0, inputs]);
    }

    [Test]
    public void Linear_OfAnExceptionAtEveryEdge_HasTheBitsOfPlainWeights(
        [Values(0, 1, 126, 127, 128, 255, 256)] int input, [Values(1, 6, 8, 17)] int rows, [Values(257, 258, 259)] int inputs)
    {
        foreach (int output in new[] { 0, 31, 32, 69 })
        {
            float[] weights = Weights(inputs, exceptionEvery: 0), a = TestValues.Floats(7, rows * inputs);
            weights[output * inputs + input] = -1e-30f;
            if (input + 1 < inputs) weights[output * inputs + input + 1] = float.NegativeInfinity;
            Check(weights, a, rows, [0, inputs]);
            Check(weights, a, rows, [0, 129, inputs]);
        }
    }

    [TestCase(1)]
    [TestCase(8)]
    [TestCase(20)]
    public void Linear_InChunks_HasTheBitsOfPlainWeights(int rows)
    {
        const int inputs = 555;
        float[] weights = Weights(inputs, exceptionEvery: 1403), a = TestValues.Floats(4, rows * inputs);
        Check(weights, a, rows, [0, 64, 64, 160, 256, 320, 384, 513, inputs]);
    }

    [Test]
    public void Linear_OfRowsThatAreNoNumbers_HasTheBitsOfPlainWeights([Values(1, 4, 12)] int rows)
    {
        const int inputs = 260;
        float[] weights = Weights(inputs, exceptionEvery: 1250), a = TestValues.Strange(5, rows * inputs);
        Check(weights, a, rows, [0, inputs]);
    }

    // Which of the two many rows take, the processor decides: here both, whatever it is.
    [TestCase(17, 384)]
    [TestCase(25, 513)]
    [TestCase(64, 1001)]
    public void Many_AndExpanded_HaveTheSameBits(int rows, int inputs)
    {
        if (level == KernelLevel.Vector512) CheckMany<Lanes512>(rows, inputs);
        else if (level == KernelLevel.Vector256) CheckMany<Lanes256>(rows, inputs);
        else CheckMany<LanesScalar>(rows, inputs);
    }

    [Test]
    public void Linear_OfNoInputs_IsZero()
    {
        using var matrix = new PackedMatrix(new MatrixForm(WeightFormat.Bf16, 40, [0, 0, 0], HasBias: false, IsCompressed: true), []);
        using var plain = new PackedMatrix(WeightFormat.Bf16, 40, [0, 0, 0], []);

        Bits.AssertEqual(LinearKernelTests.Multiply(_kernels, matrix, [1, 2, 3], 3, 1), new float[120], "empty");
        Assert.That(matrix.Bytes, Is.EqualTo(plain.Bytes));
    }

    // What a damaged artifact may hold: its numbers are anybody's, but the same ones in whatever company.
    [Test]
    public void Linear_OfListsThatDoNotAscend_IsTheSameForAnyRows([Values(1, 2, 3, 4, 5)] int seed)
    {
        const int inputs = 250, rows = 20;
        float[] a = TestValues.Floats(9, rows * inputs);
        using var matrix = LinearKernelTests.Pack(new MatrixForm(WeightFormat.Bf16, Outputs, [0, inputs], HasBias: false, IsCompressed: true), Weights(inputs, exceptionEvery: 0), []);
        var random = new Random(seed);
        for (int panel = 0; panel < matrix.PanelCount; panel++)
        {
            for (byte* block = matrix.Panel(panel); block < matrix.Panel(panel + 1); block += CompressedLayout.BlockBytes)
            {
                random.NextBytes(new Span<byte>(block + CompressedLayout.BytesOffset, CompressedLayout.MostExceptions));
                for (int i = 0; i < CompressedLayout.MostExceptions; i++)
                    ((ushort*)(block + CompressedLayout.PlacesOffset))[i] = (ushort)(random.Next(4) == 0 ? random.Next(4200) : 250 * i + random.Next(250));
            }
        }

        float[] together = LinearKernelTests.Multiply(_kernels, matrix, a, rows, inputs);
        foreach (int count in new[] { 1, 2, 5, 8 })
        {
            float[] some = LinearKernelTests.Multiply(_kernels, matrix, a[..(count * inputs)], count, inputs);
            Bits.AssertEqual(some, together[..some.Length], $"{count} rows");
        }
    }

    private void Check(float[] weights, float[] a, int rows, int[] chunks)
    {
        int inputs = chunks[^1];
        float[] bias = TestValues.Floats(6, Outputs);
        using var compressed = LinearKernelTests.Pack(new MatrixForm(WeightFormat.Bf16, Outputs, chunks, HasBias: true, IsCompressed: true), weights, bias);
        using var plain = LinearKernelTests.Pack(new MatrixForm(WeightFormat.Bf16, Outputs, chunks, HasBias: true), weights, bias);

        Assert.That(compressed.Compression, Is.Not.Null);
        Bits.AssertEqual(LinearKernelTests.Multiply(_kernels, compressed, a, rows, inputs), LinearKernelTests.Multiply(_kernels, plain, a, rows, inputs), $"{rows} rows");
        if (rows <= 64) Bits.AssertEqual(Chunks(compressed, a, rows, inputs), Chunks(plain, a, rows, inputs), $"chunks of {rows} rows");
    }

    private static void CheckMany<TLanes>(int rows, int inputs) where TLanes : struct, ILanes<TLanes>
    {
        float[] a = TestValues.Floats(8, rows * inputs), many = new float[rows * PackedMatrix.PanelColumns], expanded = new float[many.Length];
        using var matrix = LinearKernelTests.Pack(new MatrixForm(WeightFormat.Bf16, Outputs, [0, inputs], HasBias: false, IsCompressed: true), Weights(inputs, exceptionEvery: 1511), []);
        fixed (float* input = a, kept = many, widened = expanded)
        {
            CompressedKernel<TLanes>.Many(input, inputs, inputs, matrix.Panel(1), matrix.Panel(2), rows, kept, PackedMatrix.PanelColumns);
            CompressedKernel<TLanes>.Expanded(input, inputs, inputs, matrix.Panel(1), matrix.Panel(2), rows, widened, PackedMatrix.PanelColumns);
        }

        Bits.AssertEqual(expanded, many, $"{rows} rows");
        Assert.That(many, Has.Some.Not.Zero);
    }

    private float[] Chunks(PackedMatrix matrix, float[] a, int rows, int inputs)
    {
        var sums = new float[matrix.ChunkCount * rows * PackedMatrix.PanelColumns];
        fixed (float* input = a, output = sums) _kernels.LinearChunks(matrix, 1, (byte*)input, inputs * sizeof(float), rows, output);
        return sums;
    }

    // As a model's are, with a tiny one here and there.
    internal static float[] Weights(int inputs, int exceptionEvery)
    {
        float[] weights = TestValues.RoundedToBf16(TestValues.Floats(1, Outputs * inputs));
        for (int i = 0; i < weights.Length; i++)
        {
            if (Math.Abs(weights[i]) < 0.001f) weights[i] = 0.25f;
            if (exceptionEvery > 0 && i % exceptionEvery is 0 or 3) weights[i] = BitConverter.UInt32BitsToSingle((uint)(i * 7919 % 65536) << 16);
            if (float.IsNaN(weights[i])) weights[i] = 1e-30f;
        }

        return weights;
    }
}
