using Furiosa.Device.Kernels;
using Furiosa.Device.Kernels.Coded;

namespace Furiosa.Tests.Device.Kernels.Coded;

/// <summary>Products over codes have the bits of products over the floats that the codes stand for.</summary>
[TestFixture(KernelLevel.Scalar)]
[TestFixture(KernelLevel.Vector256)]
[TestFixture(KernelLevel.Vector512)]
internal sealed unsafe class CodedKernelTests(KernelLevel level)
{
    private static readonly sbyte[] Curve = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];
    private readonly KernelSet _kernels = KernelSet.For(level);

    [Test]
    public void Linear_OverCodes_HasTheBitsOfFloats(
        [Values(16, 32)] int group, [Values] bool narrow, [Values] bool offset, [Values] CodeScales scales, [Values(1, 3, 8, 21, 70)] int rows, [Values(1, 8)] int chunks)
    {
        Check(new CodeLayout(group, narrow ? Curve : [], offset, isFloat: false, scales, blockInputs: chunks == 1 ? 256 : 32), rows, chunks);
    }

    [Test]
    public void Linear_OverSmallFloats_HasTheBitsOfFloats([Values(1, 9)] int rows) => Check(new CodeLayout(32, [], hasOffset: false, isFloat: true), rows, 8);

    [Test]
    public void Linear_OverSlicesOfCodes_HasTheBitsOfFloats([Values] CodeScales scales, [Values(1, 9)] int rows)
    {
        const int inputs = 555;
        var layout = new CodeLayout(32, Curve, hasOffset: true, isFloat: false, scales, blockInputs: 32);
        using var coded = Random(layout, 40, [0, 64, 64, 160, 256, 320, 384, 512, inputs], seed: 9, biased: false);
        using var floats = Widened(coded, layout);
        for (int first = 0; first < 8; first += 2)
        {
            using PackedMatrix codes = coded.Slice(first, 2), wide = floats.Slice(first, 2);
            var a = TestValues.Floats(first, rows * codes.ChunkStarts[^1]);

            Bits.AssertEqual(Multiply(codes, a, rows, codes.ChunkStarts[^1]), Multiply(wide, a, rows, codes.ChunkStarts[^1]), $"chunks {first} and {first + 1}");
        }
    }

    [Test]
    public void Widen_OfEveryCode_GivesWhatPlainLoopsGive([Values] bool narrow, [Values] bool offset, [Values] CodeScales scales, [Values(1, 8, 13, 32)] int inputs)
    {
        CheckWidens(new CodeLayout(32, narrow ? Curve : [], offset, isFloat: false, scales, blockInputs: 32), inputs);
    }

    [Test]
    public void Widen_OfEverySmallFloat_GivesWhatPlainLoopsGive() => CheckWidens(new CodeLayout(32, [], hasOffset: false, isFloat: true), 32);

    private static void CheckWidens(CodeLayout layout, int inputs)
    {
        using var matrix = Random(layout, 32, [0, 32], seed: 4);
        float[] fast = new float[32 * 32], plain = new float[32 * 32];
        byte* block = matrix.Panel(0), group = layout.Group(ref block, 0);
        fixed (float* target = fast) CodeWidener.Widen(layout, block, group, inputs, target);
        fixed (float* target = plain) CodeWidener.WidenPlain(layout, block, group, inputs, target);

        Bits.AssertEqual(fast, plain, "widened");
    }

    private void Check(CodeLayout layout, int rows, int chunks)
    {
        const int outputs = 40, inputs = 555;
        int[] borders = chunks == 1 ? [0, inputs] : [0, 64, 64, 160, 256, 320, 384, 512, inputs];
        using var coded = Random(layout, outputs, borders, seed: 9);
        using var floats = Widened(coded, layout);
        var a = TestValues.Floats(2, rows * inputs);

        Bits.AssertEqual(Multiply(coded, a, rows, inputs), Multiply(floats, a, rows, inputs), $"{rows} rows");
    }

    private static PackedMatrix Random(CodeLayout layout, int outputs, int[] borders, int seed, bool biased = true)
    {
        var random = new Random(seed);
        var matrix = new PackedMatrix(new MatrixForm(WeightFormat.Codes, outputs, borders, biased, layout), TestValues.Floats(seed, outputs));
        for (var panel = 0; panel < matrix.PanelCount; panel++)
        {
            for (var index = 0; index < matrix.ChunkBlocks[^1] * layout.GroupsInBlock; index++)
            {
                byte* block = matrix.Panel(panel), group = layout.Group(ref block, index);
                for (var i = 0; i < layout.FirstGroup / sizeof(float); i++) ((float*)block)[i] = Scale(random);
                for (var i = 0; i < layout.GroupBytes; i++)
                {
                    group[i] = (byte)random.Next(256);
                    if (layout.IsFloat && (group[i] & 127) == 127) group[i] = 1;
                }

                // So many bits as the formats have that are kept so: products with codes are exact.
                for (var i = 0; i < layout.CodesOffset && layout.Scales == CodeScales.Products; i++) ((sbyte*)group)[i] = (sbyte)random.Next(-31, 32);
                for (var i = 0; i < layout.CodesOffset / sizeof(float) && layout.Scales == CodeScales.Floats; i++) ((float*)group)[i] = Scale(random);
                for (var i = 0; i < layout.CodesOffset / sizeof(ushort) && layout.Scales == CodeScales.Halves; i++) Assert.That(RebiasedHalf.TryPack(Scale(random), out ((ushort*)group)[i]));
            }
        }

        return matrix;
    }

    // As exact as a half: so are products with codes.
    private static float Scale(Random random) => (float)(Half)(random.NextDouble() - 0.5);

    // The same matrix as float panels.
    private static PackedMatrix Widened(PackedMatrix coded, CodeLayout layout)
    {
        var floats = new PackedMatrix(WeightFormat.F32, coded.Columns, coded.ChunkStarts, new ReadOnlySpan<float>(coded.Bias, coded.Form.HasBias ? coded.Columns : 0));
        var wide = new float[32 * layout.GroupSize];
        for (var panel = 0; panel < coded.PanelCount; panel++)
        {
            for (var chunk = 0; chunk < coded.ChunkCount; chunk++)
            {
                var count = coded.ChunkStarts[chunk + 1] - coded.ChunkStarts[chunk];
                float* target = (float*)(floats.Panel(panel) + (long)floats.ChunkPairs[chunk] * floats.PairBytes);
                for (var k = 0; k < count; k++)
                {
                    byte* block = coded.Panel(panel) + coded.ChunkBlocks[chunk] * layout.BlockBytes, group = layout.Group(ref block, k / layout.GroupSize);
                    fixed (float* place = wide) CodeWidener.WidenPlain(layout, block, group, layout.GroupSize, place);
                    for (var column = 0; column < 32; column++) target[k * 32 + column] = wide[k % layout.GroupSize * 32 + column];
                }
            }
        }

        return floats;
    }

    private float[] Multiply(PackedMatrix matrix, float[] a, int rows, int inputs)
    {
        var padded = new float[rows * matrix.PaddedColumns];
        fixed (float* x = a)
        fixed (float* y = padded) _kernels.Linear(matrix, 0, matrix.PanelCount, x, inputs, rows, y, matrix.PaddedColumns);
        return [.. Enumerable.Range(0, rows * matrix.Columns).Select(i => padded[i / matrix.Columns * matrix.PaddedColumns + i % matrix.Columns])];
    }
}
