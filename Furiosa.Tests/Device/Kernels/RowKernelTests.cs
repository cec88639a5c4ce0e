using Furiosa.Device.Kernels;

namespace Furiosa.Tests.Device.Kernels;

[TestFixture(KernelLevel.Scalar)]
[TestFixture(KernelLevel.Vector256)]
[TestFixture(KernelLevel.Vector512)]
internal sealed unsafe class RowKernelTests(KernelLevel level)
{
    private static readonly int[] Widths = [1, 15, 16, 17, 80, 384];

    private readonly KernelSet _kernels = KernelSet.For(level);

    [TestCaseSource(nameof(Widths))]
    public void RmsNorm_OddWidths_EqualsPlainLoops(int width)
    {
        float[] x = TestValues.Floats(1, width), weight = TestValues.Floats(2, width), y = new float[width + 1];
        y[width] = 7;
        fixed (float* px = x, pw = weight, py = y) _kernels.RmsNorm(px, pw, py, width, 1e-5f);

        Bits.AssertEqual(y.AsSpan(0, width), TwinMath.RmsNorm(x, weight, 1e-5f), "norm");
        Assert.That(y[width], Is.EqualTo(7), "nothing is written behind the row");
    }

    [TestCase(5)]
    [TestCase(8)]
    [TestCase(32)]
    public void Rotate_OddHeads_EqualsPlainLoops(int pairs)
    {
        float[] head = TestValues.Floats(3, 2 * pairs), cosines = TestValues.Floats(4, pairs), sines = TestValues.Floats(5, pairs);
        float[] expected = [.. head];
        TwinMath.Rotate(expected, cosines, sines);
        fixed (float* ph = head, pc = cosines, ps = sines) _kernels.Rotate(ph, pc, ps, pairs);

        Bits.AssertEqual(head, expected, "rotation");
    }

    [Test]
    public void AddResidual_AnyNumberOfPartials_EqualsTheTree([Values(1, 2, 4, 8)] int count, [Values] bool biased)
    {
        const int Width = 37;
        float[][] partials = [.. Enumerable.Range(0, count).Select(i => TestValues.Floats(10 + i, Width))];
        float[] bias = TestValues.Floats(6, Width), x = TestValues.Floats(7, Width), expected = [.. x];
        for (int i = 0; i < Width; i++)
        {
            float[] sums = [.. partials.Select(partial => partial[i])];
            while (sums.Length > 1) sums = [.. sums.Chunk(2).Select(pair => pair[0] + pair[1])];
            expected[i] = (biased ? sums[0] + bias[i] : sums[0]) + x[i];
        }

        float[] flat = [.. partials.SelectMany(partial => partial)];
        float** pointers = stackalloc float*[count];
        fixed (float* p = flat, pb = bias, px = x)
        {
            for (int i = 0; i < count; i++) pointers[i] = p + i * Width;
            _kernels.AddResidual(pointers, count, biased ? pb : null, px, Width);
        }

        Bits.AssertEqual(x, expected, "residual");
    }

    [Test]
    public void GatedSilu_StrangeNumbers_EqualsTheScalarDefinition()
    {
        float[] gate = [.. TestValues.Strange(8, 240), -200, -88, 88, 89, 1e-30f, -0f, 0f, -1e38f, .. new float[8]], up = TestValues.Floats(9, 256);
        float[] expected = [.. gate.Zip(up, (g, u) => TwinMath.Silu(g) * u)];
        fixed (float* pg = gate, pu = up) _kernels.Activate(Activation.Silu, pg, pu, gate.Length, 0);

        Bits.AssertEqual(gate, expected, "silu");
    }

    [Test]
    public void Exp_OverTheWholeRange_EqualsTheScalarDefinition()
    {
        float* lanes = stackalloc float[16];
        for (float x = -110; x < 100; x += 0.37f)
        {
            for (int i = 0; i < 16; i++) lanes[i] = x + i * 0.021f;
            float[] input = new ReadOnlySpan<float>(lanes, 16).ToArray();
            switch (level)
            {
                case KernelLevel.Scalar: LanesScalar.Store(lanes, LaneMath.Exp(LanesScalar.Load(lanes))); break;
                case KernelLevel.Vector256: Lanes256.Store(lanes, LaneMath.Exp(Lanes256.Load(lanes))); break;
                default: Lanes512.Store(lanes, LaneMath.Exp(Lanes512.Load(lanes))); break;
            }

            Bits.AssertEqual(new ReadOnlySpan<float>(lanes, 16), Array.ConvertAll(input, FloatMath.Exp), $"exp near {x}");
        }
    }
}
