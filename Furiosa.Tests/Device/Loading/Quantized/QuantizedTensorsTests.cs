using Furiosa.Device.Loading;

namespace Furiosa.Tests.Device.Loading.Quantized;

/// <summary>Checkpoints written from codes, scales and zero points by each format's definition read back as (code - zero) * scale, to the bit.</summary>
[TestFixture]
internal sealed class QuantizedTensorsTests
{
    private const int Rows = 16;
    private const int Columns = 96;
    private readonly Random _random = new(5);

    [TestCase("""{"quant_method":"fp8","weight_block_size":[128,128]}""", ".weight_scale_inv", 2, 3)]
    [TestCase("""{"quant_method":"fp8"}""", ".weight_scale", 0, 0)]
    [TestCase("""{"quant_method":"fbgemm_fp8"}""", ".weight_scale", 1, 0)]
    [TestCase("""{"quant_method":"compressed-tensors","format":"float-quantized","config_groups":{"g":{"weights":{"num_bits":8,"type":"float"}}}}""", ".weight_scale", 1, 0)]
    public void Fp8_OfEveryScaleLayout_IsValueTimesScale(string config, string scaleName, int rowScales, int columnScales)
    {
        int rows = 130, columns = 300, blockRows = rowScales == 2 ? 128 : rowScales == 1 ? 1 : rows, blockColumns = columnScales == 3 ? 128 : columns;
        long[] shape = rowScales switch { 2 => [2, 3], 1 => [rows, 1], _ => [] };
        var codes = new byte[rows * columns];
        _random.NextBytes(codes);
        for (var i = 0; i < codes.Length; i++) codes[i] = (codes[i] & 127) == 127 ? (byte)0 : codes[i];
        var scales = Scales(Math.Max(1, (int)shape.Aggregate(1L, (a, b) => a * b)));
        using var checkpoint = new QuantizedCheckpoint(config).Add("m.weight", "F8_E4M3", [rows, columns], codes).Floats("m" + scaleName, shape, scales);

        var read = checkpoint.Read("m.weight", rows, columns);

        for (var i = 0; i < read.Length; i++)
        {
            var scale = scales[rowScales == 0 ? 0 : i / columns / blockRows * (rowScales == 2 ? 3 : 1) + i % columns / blockColumns];
            Assert.That(read[i], Is.EqualTo(E4M3(codes[i]) * scale), $"element {i}");
        }
    }

    [Test]
    public void Compressed_PackedIntegers_AreCodeLessZeroTimesScale(
        [Values(4, 8)] int bits, [Values(32, 96)] int group, [Values] bool asymmetric, [Values] bool halfScales)
    {
        var matrix = new Codes(_random, bits, Rows, Columns, group, asymmetric);
        var size = group == Columns ? "null" : group.ToString();
        var weights = $$"""{"num_bits":{{bits}},"type":"int","group_size":{{size}}}""";
        var config = """{"quant_method":"compressed-tensors","format":"pack-quantized","config_groups":{"group_0":{"weights":""" + weights + "}}}";
        using var checkpoint = new QuantizedCheckpoint(config)
            .Add("m.weight_packed", "I32", [Rows, Columns * bits / 32], matrix.Pack(Rows, Columns * bits / 32, (row, word, slot) => matrix.Code(row, word * (32 / bits) + slot)))
            .Add("m.weight_shape", "I64", [2], [(long)Rows, Columns]);
        AddScales(checkpoint, "m.weight_scale", [Rows, matrix.Groups], halfScales, matrix.Scales);
        if (asymmetric)
            checkpoint.Add("m.weight_zero_point", "I32", [Rows * bits / 32, matrix.Groups], matrix.Pack(Rows * bits / 32, matrix.Groups, (word, g, slot) => matrix.Zero(word * (32 / bits) + slot, g)));

        AssertEqual(checkpoint.Read("m.weight", Rows, Columns), matrix.Values(halfScales));
    }

    [Test]
    public void Compressed_Bytes_AreCodeTimesScale([Values] bool perRow)
    {
        var codes = Enumerable.Range(0, Rows * Columns).Select(_ => (sbyte)_random.Next(-128, 128)).ToArray();
        var scales = Scales(perRow ? Rows : 1);
        const string config = """{"quant_method":"compressed-tensors","format":"int-quantized","config_groups":{"g":{"weights":{"num_bits":8,"type":"int"}}}}""";
        using var checkpoint = new QuantizedCheckpoint(config).Add("m.weight", "I8", [Rows, Columns], codes).Floats("m.weight_scale", perRow ? [Rows, 1] : [1], scales);

        AssertEqual(checkpoint.Read(), [.. codes.Select((code, i) => code * scales[perRow ? i / Columns : 0])]);
    }

    [Test]
    public void Gptq_OfEveryKind_IsCodeLessZeroTimesScale([Values(4, 8)] int bits, [Values] bool second, [Values] bool actOrder, [Values] bool asymmetric)
    {
        const int group = 32;
        var matrix = new Codes(_random, bits, Rows, Columns, group, asymmetric);
        int[] order = [.. Enumerable.Range(0, Columns).Select(input => input / group)];
        if (actOrder) _random.Shuffle(order);
        matrix.GroupOf = order;
        int inWord = 32 / bits, mask = (1 << bits) - 1;
        var form = second ? "gptq_v2" : "gptq";
        using var checkpoint = new QuantizedCheckpoint($$"""{"quant_method":"gptq","bits":{{bits}},"group_size":{{group}},"checkpoint_format":"{{form}}"}""")
            .Add("m.qweight", "I32", [Columns / inWord, Rows], matrix.Pack(Columns / inWord, Rows, (word, row, slot) => matrix.Code(row, word * inWord + slot)))
            .Add("m.qzeros", "I32", [matrix.Groups, Rows / inWord], matrix.Pack(matrix.Groups, Rows / inWord, (g, word, slot) => (matrix.Zero(word * inWord + slot, g) - (second ? 0 : 1)) & mask))
            .Halves("m.scales", [matrix.Groups, Rows], matrix.ScalesByGroup())
            .Add("m.g_idx", "I32", [Columns], order);

        AssertEqual(checkpoint.Read("m.weight", Rows, Columns), matrix.Values(halfScales: true));
    }

    [Test]
    public void Awq_InItsOrder_IsCodeLessZeroTimesScale()
    {
        int[] order = [0, 2, 4, 6, 1, 3, 5, 7]; // the output that each place of a word holds
        var matrix = new Codes(_random, 4, Rows, Columns, 32, asymmetric: true);
        using var checkpoint = new QuantizedCheckpoint("""{"quant_method":"awq","bits":4,"group_size":32,"version":"gemm","zero_point":true}""")
            .Add("m.qweight", "I32", [Columns, Rows / 8], matrix.Pack(Columns, Rows / 8, (input, word, slot) => matrix.Code(word * 8 + order[slot], input)))
            .Add("m.qzeros", "I32", [matrix.Groups, Rows / 8], matrix.Pack(matrix.Groups, Rows / 8, (g, word, slot) => matrix.Zero(word * 8 + order[slot], g)))
            .Halves("m.scales", [matrix.Groups, Rows], matrix.ScalesByGroup());

        AssertEqual(checkpoint.Read("m.weight", Rows, Columns), matrix.Values(halfScales: true));
    }

    [Test]
    public void Mxfp4_Experts_AreScaledByPowersOfTwo()
    {
        float[] values = [0, 0.5f, 1, 1.5f, 2, 3, 4, 6, 0, -0.5f, -1, -1.5f, -2, -3, -4, -6];
        int experts = 2, outputs = 6, groups = 3, inputs = groups * 32;
        var blocks = new byte[experts * outputs * groups * 16];
        _random.NextBytes(blocks);
        byte[] scales = [.. Enumerable.Range(0, experts * outputs * groups).Select(_ => (byte)_random.Next(110, 135))];
        using var checkpoint = new QuantizedCheckpoint("""{"quant_method":"mxfp4"}""")
            .Add("e.down_proj_blocks", "U8", [experts, outputs, groups, 16], blocks).Add("e.down_proj_scales", "U8", [experts, outputs, groups], scales);

        var read = checkpoint.Read("e.down_proj_blocks", experts, outputs, inputs);

        for (int e = 0; e < experts; e++)
        {
            for (int o = 0; o < outputs; o++)
            {
                for (int i = 0; i < inputs; i++)
                {
                    var block = (e * outputs + o) * groups + i / 32;
                    var code = blocks[block * 16 + i % 32 / 2] >> (i % 2 * 4) & 15;
                    Assert.That(read[(e * outputs + o) * inputs + i], Is.EqualTo(values[code] * (float)Math.ScaleB(1, scales[block] - 127)));
                }
            }
        }
    }

    [TestCase("""{"quant_method":"bitsandbytes"}""", "bitsandbytes")]
    [TestCase("{}", "quant_method is missing")]
    [TestCase("""{"quant_method":"gptq","bits":3}""", "bits is 3")]
    [TestCase("""{"quant_method":"awq","bits":4,"version":"gemv"}""", "gemv")]
    [TestCase("""{"quant_method":"compressed-tensors","config_groups":{"g":{"format":"nvfp4-pack-quantized","weights":{"num_bits":4,"type":"float"}}}}""", "nvfp4-pack-quantized")]
    [TestCase("""{"quant_method":"compressed-tensors","sparsity_config":{"format":"sparse-24-bitmask"}}""", "sparse-24-bitmask")]
    public void Open_OfWhatIsNotSupported_SaysWhat(string config, string expected)
    {
        using var checkpoint = new QuantizedCheckpoint(config).Floats("m.weight", [1], [1]);
        checkpoint.Write();

        Assert.That(() => ModelDirectory.Open(checkpoint.Path).OpenTensors(), Throws.TypeOf<ModelFormatException>().With.Message.Contains(expected).And.Message.Contains("config.json"));
    }

    [Test]
    public void Open_WithoutScalesOrWithWrongOnes_NamesTheTensor()
    {
        using var without = new QuantizedCheckpoint("""{"quant_method":"fp8"}""").Add("m.weight", "F8_E4M3", [2, 2], new byte[4]);
        using var wrong = new QuantizedCheckpoint("""{"quant_method":"fp8"}""").Add("m.weight", "F8_E4M3", [2, 2], new byte[4]).Floats("m.weight_scale", [3], [1, 1, 1]);

        Assert.That(() => without.Read(), Throws.TypeOf<ModelFormatException>().With.Message.Contains("m.weight_scale"));
        Assert.That(() => wrong.Read(), Throws.TypeOf<ModelFormatException>().With.Message.Contains("[3]"));
    }

    [TestCase("""{"quant_method":"gptq","bits":4,"group_size":32}""", Columns / 8, 12)]
    [TestCase("""{"quant_method":"gptq","bits":8,"group_size":32}""", Columns / 4, 14)]
    [TestCase("""{"quant_method":"awq","bits":4,"group_size":32}""", Columns, 12)]
    public void Words_OfOutputsThatFillNoLastWord_AreRefused(string config, int height, int outputs)
    {
        int inWord = config.Contains("\"bits\":8") ? 4 : 8, groups = Columns / 32, width = config.Contains("awq") ? outputs / inWord : outputs;
        using var checkpoint = new QuantizedCheckpoint(config)
            .Add("m.qweight", "I32", [height, width], new int[height * width])
            .Add("m.qzeros", "I32", [groups, outputs / inWord], new int[groups * (outputs / inWord)])
            .Halves("m.scales", [groups, outputs], new float[groups * outputs]);

        Assert.That(() => checkpoint.Read(), Throws.TypeOf<ModelFormatException>().With.Message.Contains("m.scales").And.Message.Contains($"{outputs} outputs"));
    }

    [TestCase(1L << 20, 0L)]
    [TestCase(0L, 1L << 20)]
    [TestCase(-8L, 8L)]
    [TestCase(1L, long.MaxValue)]
    public void Packed_OfAShapeWithoutElements_IsRefusedBeforeMemoryIsTaken(long outputs, long inputs)
    {
        var height = Math.Max(outputs, 0);
        using var checkpoint = new QuantizedCheckpoint("""{"quant_method":"compressed-tensors"}""")
            .Add("m.weight_packed", "I32", [height, 0], Array.Empty<int>()).Add("m.weight_shape", "I64", [2], [outputs, inputs]).Floats("m.weight_scale", [1], [1]);
        checkpoint.Write();
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.That(() => ModelDirectory.Open(checkpoint.Path).OpenTensors(), Throws.TypeOf<ModelFormatException>().With.Message.Contains("m.weight_shape"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
    }

    [Test]
    public void Open_OfMatricesOrScalesWithoutElements_NamesTheTensor()
    {
        using var bytes = new QuantizedCheckpoint("""{"quant_method":"compressed-tensors"}""").Add("m.weight", "I8", [4, 0], Array.Empty<sbyte>()).Floats("m.weight_scale", [1], [1]);
        using var packed = new QuantizedCheckpoint("""{"quant_method":"compressed-tensors"}""")
            .Add("m.weight_packed", "I32", [4, 1], new int[4]).Add("m.weight_shape", "I64", [2], [4L, 8]).Floats("m.weight_scale", [4, 0], []);
        using var words = new QuantizedCheckpoint("""{"quant_method":"gptq","bits":4}""")
            .Add("m.qweight", "I32", [1, 8], new int[8]).Add("m.qzeros", "I32", [0, 1], Array.Empty<int>()).Halves("m.scales", [0, 8], []);

        Assert.That(() => bytes.Read(), Throws.TypeOf<ModelFormatException>().With.Message.Contains("m.weight'").And.Message.Contains("[4, 0]"));
        Assert.That(() => packed.Read(), Throws.TypeOf<ModelFormatException>().With.Message.Contains("m.weight_scale").And.Message.Contains("[4, 0]"));
        Assert.That(() => words.Read(), Throws.TypeOf<ModelFormatException>().With.Message.Contains("m.scales").And.Message.Contains("[0, 8]"));
    }

    private static float E4M3(byte code)
    {
        int exponent = code >> 3 & 15, mantissa = code & 7;
        double size = exponent == 0 ? mantissa * Math.ScaleB(1, -9) : (8 + mantissa) * Math.ScaleB(1, exponent - 10);
        return (float)(code >= 128 ? -size : size);
    }

    private static void AddScales(QuantizedCheckpoint checkpoint, string name, long[] shape, bool halves, float[] scales) =>
        _ = halves ? checkpoint.Halves(name, shape, scales) : checkpoint.Floats(name, shape, scales);

    private static void AssertEqual(float[] actual, float[] expected)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Length));
        for (var i = 0; i < expected.Length; i++) Assert.That(actual[i], Is.EqualTo(expected[i]), $"element {i}");
    }

    private float[] Scales(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(_random.NextDouble() * 0.1 + 1e-3))];

    /// <summary>Codes, zero points and scales of a matrix.</summary>
    private sealed class Codes(Random random, int bits, int rows, int columns, int group, bool asymmetric)
    {
        private readonly int[] _codes = [.. Enumerable.Range(0, rows * columns).Select(_ => random.Next(1 << bits))];
        private readonly int[] _zeros = [.. Enumerable.Range(0, rows * (columns / group)).Select(_ => asymmetric ? random.Next(1 << bits) : 1 << (bits - 1))];

        public int Groups => columns / group;

        public int[] GroupOf { get; set; } = [.. Enumerable.Range(0, columns).Select(input => input / group)];

        public float[] Scales { get; } = [.. Enumerable.Range(0, rows * (columns / group)).Select(_ => (float)(random.NextDouble() * 0.1 + 1e-3))];

        public int Code(int row, int column) => _codes[row * columns + column];

        public int Zero(int row, int inGroup) => _zeros[row * Groups + inGroup];

        public float[] ScalesByGroup() => [.. from g in Enumerable.Range(0, Groups) from row in Enumerable.Range(0, rows) select Scales[row * Groups + g]];

        public int[] Pack(int first, int second, Func<int, int, int, int> code) =>
        [
            .. from a in Enumerable.Range(0, first)
               from b in Enumerable.Range(0, second)
               select Enumerable.Range(0, 32 / bits).Aggregate(0, (word, slot) => word | (code(a, b, slot) << (slot * bits))),
        ];

        public float[] Values(bool halfScales) =>
        [
            .. from row in Enumerable.Range(0, rows)
               from column in Enumerable.Range(0, columns)
               let g = GroupOf[column]
               let scale = Scales[row * Groups + g]
               select (Code(row, column) - Zero(row, g)) * (halfScales ? (float)(Half)scale : scale),
        ];
    }
}
