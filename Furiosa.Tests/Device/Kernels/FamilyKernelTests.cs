using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;
using Furiosa.Device.Models;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Kernels;

/// <summary>What families beyond Llama's need of kernels, against plain loops.</summary>
[TestFixture(KernelLevel.Scalar)]
[TestFixture(KernelLevel.Vector256)]
[TestFixture(KernelLevel.Vector512)]
internal sealed unsafe class FamilyKernelTests(KernelLevel level)
{
    private static readonly Dictionary<Activation, Func<float, float>> Twins = new()
    {
        [Activation.Silu] = TwinMath.Silu, [Activation.Gelu] = TwinMath.Gelu, [Activation.GeluTanh] = TwinMath.GeluTanh,
        [Activation.QuickGelu] = x => TwinMath.Swish(x, 1.702f), [Activation.Relu] = x => float.IsNaN(x) ? x : MathF.Max(x, 0),
        [Activation.ReluSquared] = x => float.IsNaN(x) ? x : MathF.Max(x, 0) * MathF.Max(x, 0),
    };

    private readonly KernelSet _kernels = KernelSet.For(level);

    [Test]
    public void LayerNorm_OddWidths_EqualsPlainLoops([Values(1, 15, 16, 17, 80, 384)] int width, [Values] bool biased)
    {
        float[] x = TestValues.Floats(1, width), weight = TestValues.Floats(2, width), bias = TestValues.Floats(3, width), y = new float[width + 1];
        y[width] = 7;
        fixed (float* px = x, pw = weight, pb = bias, py = y) _kernels.LayerNorm(px, pw, biased ? pb : null, py, width, 1e-5f);

        Bits.AssertEqual(y.AsSpan(0, width), TwinMath.LayerNorm(x, weight, biased ? bias : [], 1e-5f), "norm");
        Assert.That(y[width], Is.EqualTo(7), "nothing is written behind the row");
    }

    [Test]
    public void Gather_ThenAddScaled_EqualsTheTreeAndTheMultiple([Values(1, 2, 4, 8)] int count, [Values] bool biased)
    {
        const int Width = 37;
        float[][] partials = [.. Enumerable.Range(0, count).Select(i => TestValues.Floats(10 + i, Width))];
        float[] bias = TestValues.Floats(6, Width), x = TestValues.Floats(7, Width), y = new float[Width], expected = [.. x];
        for (int i = 0; i < Width; i++)
        {
            float[] sums = [.. partials.Select(partial => partial[i])];
            while (sums.Length > 1) sums = [.. sums.Chunk(2).Select(pair => pair[0] + pair[1])];
            float product = (biased ? sums[0] + bias[i] : sums[0]) * 0.3f;
            expected[i] = x[i] + product;
        }

        float[] flat = [.. partials.SelectMany(partial => partial)];
        float** pointers = stackalloc float*[count];
        fixed (float* p = flat, pb = bias, px = x, py = y)
        {
            for (int i = 0; i < count; i++) pointers[i] = p + i * Width;
            _kernels.Gather(pointers, count, biased ? pb : null, py, Width);
            _kernels.AddScaled(px, py, 0.3f, Width);
        }

        Bits.AssertEqual(x, expected, "residual");
    }

    [Test]
    public void AddRows_StridesApart_AddsWhatIsInsideOnly([Values(1, 5)] int rows)
    {
        const int Width = 64, Stride = 80, OtherStride = 96;
        float[] x = TestValues.Strange(11, rows * Stride), y = TestValues.Strange(12, rows * OtherStride), expected = [.. x];
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < Width; i++) expected[row * Stride + i] = x[row * Stride + i] + y[row * OtherStride + i];
        }

        fixed (float* px = x, py = y) _kernels.AddRows(px, Stride, py, OtherStride, Width, rows);

        Bits.AssertEqual(x, expected, "sums");
    }

    [Test]
    public void Cap_StrangeNumbers_EqualsTheScalarDefinition([Values(0f, 30f)] float cap)
    {
        float[] x = [.. TestValues.Strange(8, 232), -200, -88, 88, 1e-30f, -0f, 0f, -1e38f, 20];
        float[] expected = Array.ConvertAll(x, value => cap > 0 ? cap * TwinMath.Tanh(value * 0.5f / cap) : value * 0.5f);
        fixed (float* px = x) _kernels.Cap(px, x.Length, 0.5f, cap);

        Bits.AssertEqual(x, expected, "cap");
    }

    [Test]
    public void Activate_StrangeNumbers_EqualsTheScalarDefinition(
        [Values(Activation.Silu, Activation.Gelu, Activation.GeluTanh, Activation.QuickGelu, Activation.Relu, Activation.ReluSquared)] Activation activation, [Values] bool gated)
    {
        float[] x = [.. TestValues.Strange(8, 232), -200, -88, 88, 1e-30f, -0f, 0f, -4, 0.7f], up = TestValues.Floats(9, 240);
        float[] expected = [.. x.Zip(up, (g, u) => gated ? Twins[activation](g) * u : Twins[activation](g))];
        fixed (float* px = x, pu = up) _kernels.Activate(activation, px, gated ? pu : null, x.Length, 0);

        Bits.AssertEqual(x, expected, "activation");
    }

    [Test]
    public void Gate_OddSizes_EqualsTheScalarDefinition([Values(0, 1, 15, 16, 17, 80, 250)] int n, [Values] bool sigmoid, [Values(0, 1, 2)] int target)
    {
        float[] gate = [.. TestValues.Strange(8, n), 7], x = [.. TestValues.Floats(9, n), 7], y = [.. TestValues.Floats(10, n), 7];
        float[] expected = [.. gate.Zip(x, (g, value) => (sigmoid ? 1f / (1f + FloatMath.Exp(-g)) : TwinMath.Silu(g)) * value)];
        expected[n] = 7; // nothing is written behind the row
        float[] into = target == 0 ? y : target == 1 ? gate : x;
        fixed (float* pg = gate, px = x, py = into)
        {
            if (sigmoid) _kernels.GateSigmoid(pg, px, py, n);
            else _kernels.GateSilu(pg, px, py, n);
        }

        Bits.AssertEqual(into, expected, "gated");
    }

    [Test]
    public void Activate_ClampedSwiglu_EqualsTheScalarDefinition()
    {
        float[] gate = [.. TestValues.Floats(8, 248), 7, 8, -9, 100, -100, 0, -0f, 6.9f], up = [.. TestValues.Floats(9, 248), 7, -8, 9, -100, 100, -7, 1, 0];
        float[] expected = [.. gate.Zip(up, (g, u) => (Math.Clamp(u, -7f, 7f) + 1f) * TwinMath.Swish(MathF.Min(g, 7f), 1.702f))];
        fixed (float* pg = gate, pu = up) _kernels.Activate(Activation.ClampedSwiglu, pg, pu, gate.Length, 7);

        Bits.AssertEqual(gate, expected, "swiglu");
    }

    [Test]
    public void Activate_Xielu_EqualsTheScalarDefinitionAndIsCloseToExact()
    {
        float[] x = [.. Enumerable.Range(0, 240).Select(i => (i - 120) * 0.05f), 1e-7f, -1e-7f, 0, -0f, -0.049f, -0.051f, 1e-3f, -1e-3f, 90, -90, -1e-30f, 30, -30, 1, -1, -0.05f];
        float[] numbers = [0.7f, 1.3f, 0.5f, -1e-6f];
        float Twin(float value)
        {
            float linear = numbers[2] * value, low = -MathF.Max(-value, -numbers[3]);
            if (value > 0) return numbers[0] * value * value + linear;
            float series = MathF.FusedMultiplyAdd(MathF.FusedMultiplyAdd(1f / 24, low, 1f / 6), low, 0.5f);
            float less = low > -0.05f ? MathF.FusedMultiplyAdd(series, low * low, low) : FloatMath.Exp(low) - 1f;
            return (less - value) * numbers[1] + linear;
        }

        float[] expected = Array.ConvertAll(x, Twin), actual = [.. x];
        fixed (float* px = actual, pn = numbers) _kernels.Activate(Activation.Xielu, px, null, actual.Length, 0, pn);

        Bits.AssertEqual(actual, expected, "xielu");
        for (int i = 0; i < x.Length; i++)
        {
            double exact = x[i] > 0 ? 0.7f * (double)x[i] * x[i] + 0.5 * x[i] : (Math.Exp(Math.Min(x[i], -1e-6)) - 1 - x[i]) * 1.3f + 0.5 * x[i];
            Assert.That(actual[i], Is.EqualTo(exact).Within(1e-6 * Math.Max(1, Math.Abs(exact))), $"{x[i]}");
        }
    }

    [Test]
    public void Functions_OverTheirRange_AreCloseToExact()
    {
        for (float x = -12; x < 12; x += 0.0137f)
        {
            Assert.That(TwinMath.Tanh(x), Is.EqualTo(Math.Tanh(x)).Within(1.5e-7), $"tanh {x}");
            Assert.That(TwinMath.GeluTanh(x), Is.EqualTo(0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)))).Within(1e-6), $"gelu {x}");
        }

        // erf(0.3), erf(0.9999), erf(1), erf(2), erf(3.9) to ten digits.
        foreach (var (x, exact) in new[] { (0.3f, 0.3286267595), (0.9999f, 0.8426592805), (1f, 0.8427007929), (2f, 0.9953222650), (3.9f, 0.9999999652) })
        {
            Assert.That(TwinMath.Erf(x), Is.EqualTo(exact).Within(1.5e-7), $"erf {x}");
            Assert.That(TwinMath.Erf(-x), Is.EqualTo(-exact).Within(1.5e-7), $"erf -{x}");
        }
    }

    [Test]
    public void LinearChunks_AddedAsTheTree_AreTheProduct([Values(WeightFormat.Bf16, WeightFormat.F32)] WeightFormat format, [Values(1, 2, 4, 8)] int chunks, [Values(1, 3, 17)] int rows)
    {
        const int Inputs = 150, Outputs = 40;
        int[] borders = [.. ChunkPartition.Borders(Inputs, 32, 1, 0).Where((_, i) => i % (8 / chunks) == 0)];
        using var matrix = LinearKernelTests.Pack(format, TestValues.RoundedToBf16(TestValues.Floats(1, Outputs * Inputs)), Outputs, borders, []);
        float[] a = TestValues.Floats(2, rows * Inputs), whole = new float[rows * 64], added = new float[rows * 64], sums = new float[chunks * rows * 32];
        fixed (float* pa = a, pw = whole, pd = added, ps = sums)
        {
            _kernels.Linear(matrix, 0, 2, pa, Inputs, rows, pw, 64);
            for (int panel = 0; panel < 2; panel++)
            {
                _kernels.LinearChunks(matrix, panel, (byte*)pa, Inputs * sizeof(float), rows, ps);
                for (int row = 0; row < rows; row++) _kernels.ChunkTree(ps + row * 32, chunks, rows * 32, pd + row * 64 + panel * 32);
            }
        }

        Bits.AssertEqual(added, whole, "sums");
    }

    [Test]
    public void AddWeighted_APanel_EqualsPlainLoops()
    {
        float[] target = TestValues.Floats(1, 32), sums = TestValues.Floats(2, 32), expected = new float[32];
        for (int i = 0; i < 32; i++)
        {
            float product = sums[i] * 0.7f;
            expected[i] = target[i] + product;
        }

        fixed (float* pt = target, ps = sums) _kernels.AddWeighted(pt, ps, 0.7f);

        Bits.AssertEqual(target, expected, "weighted");
    }

    [TestCase(4, 5, 1, 0, 16, false)]
    [TestCase(1, 4, 3, 0, 16, false)]
    [TestCase(0, 8, 1, 1, 16, false)]
    [TestCase(9, 8, 1, 0, 8, true)]
    [TestCase(0, 16, 1, 1, 8, true)]
    public void Pack_OfWhatATensorHasNot_NamesIt(int first, int count, int step, int firstInput, int inputs, bool byInput)
    {
        using var directory = new TemporaryDirectory();
        string path = directory.Write("w.safetensors", SafetensorsWriter.Write(("w", "BF16", [8, 16], new byte[256])));
        using var file = SafetensorsFile.Open(path);
        using var matrix = new PackedMatrix(WeightFormat.Bf16, count, [0, inputs], []);
        var source = new WeightRows(file.Tensors["w"], first, count) { Step = step, ByInput = byInput };

        Assert.That(() => PanelPacker.TryPack(matrix, [source], firstInput, 0), Throws.TypeOf<ModelFormatException>().With.Message.Contains("'w'"));
    }

    [Test]
    public void Pack_ColumnsOfATensor_EqualsPackingItsRows([Values(1, 2)] int step, [Values(0, 5)] int firstInput)
    {
        const int Inputs = 21, Outputs = 45, Extra = 3;
        int width = Outputs * step + Extra, height = Inputs + firstInput;
        float[] byInput = TestValues.Floats(1, height * width), byOutput = new float[Outputs * height];
        for (int n = 0; n < Outputs; n++)
        {
            for (int k = 0; k < height; k++) byOutput[n * height + k] = byInput[k * width + Extra + n * step];
        }

        using var directory = new TemporaryDirectory();
        string path = Path.Combine(directory.Path, "w.safetensors");
        File.WriteAllBytes(path, SafetensorsWriter.Write(SafetensorsWriter.Floats("in", [height, width], byInput), SafetensorsWriter.Floats("out", [Outputs, height], byOutput)));
        using var file = SafetensorsFile.Open(path);
        using PackedMatrix columns = new(WeightFormat.F32, Outputs, [0, 8, Inputs], []), rows = new(WeightFormat.F32, Outputs, [0, 8, Inputs], []);
        for (int panel = 0; panel < 2; panel++)
        {
            // In two sources, the second of which begins inside a panel.
            var source = new WeightRows(file.Tensors["in"], Extra, Outputs) { ByInput = true, Step = step };
            PanelPacker.TryPack(columns, [source.Slice(0, 13), source.Slice(13, Outputs - 13)], firstInput, panel);
            PanelPacker.TryPack(rows, [new WeightRows(file.Tensors["out"], 0, Outputs)], firstInput, panel);
            var expected = new ReadOnlySpan<float>(rows.Panel(panel), (int)(rows.PanelBytes / sizeof(float)));
            Bits.AssertEqual(new ReadOnlySpan<float>(columns.Panel(panel), expected.Length), expected.ToArray(), $"panel {panel}");
        }
    }
}
