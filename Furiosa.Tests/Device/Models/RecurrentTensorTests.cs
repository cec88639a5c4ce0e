using Furiosa.Device.Loading;
using Furiosa.Device.Models;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Models;

/// <summary>What families of layers with states call and how they order their tensors, and what of their configurations is read and refused.</summary>
[TestFixture]
internal sealed class RecurrentTensorTests
{
    private static readonly string[] Converted =
    [
        RecurrentDefinitions.Qwen35, RecurrentDefinitions.Qwen3Next, RecurrentDefinitions.Qwen35Moe,
        MambaDefinitions.Granite, MambaDefinitions.GraniteMoe, MambaDefinitions.Bamba, MambaDefinitions.Nemotron, MambaDefinitions.NemotronMoe, MambaDefinitions.Mamba2,
    ];

    private static readonly string[] Mamba = [MambaDefinitions.Granite, MambaDefinitions.Bamba, MambaDefinitions.Nemotron, MambaDefinitions.Mamba2];

    /// <summary>Rows of one matrix, whose blocks the form of the file puts in this order.</summary>
    [Test]
    public void Slices_OfInterleavedTensors_AreThoseOfEachGroup()
    {
        using var model = new RandomCheckpoint(RecurrentDefinitions.Qwen3Next);
        using var store = TensorStore.Open(model.Path);
        var tensors = new DecoderTensors(store, model.Config).Recurrent(0);
        float[][] rows = Rows(model, "model.layers.0.linear_attn.in_proj_qkvz.weight"), numbers = Rows(model, "model.layers.0.linear_attn.in_proj_ba.weight");
        int next = 0, number = 0;
        for (int group = 0; group < 3; group++)
        {
            Assert.That(Values(tensors.Query(group)), Is.EqualTo(rows[next..(next += 10)]), $"query {group}");
            Assert.That(Values(tensors.Key(group)), Is.EqualTo(rows[next..(next += 10)]), $"key {group}");
            foreach (int head in new[] { 2 * group, 2 * group + 1 }) Assert.That(Values(tensors.Value(head)), Is.EqualTo(rows[next..(next += 12)]), $"value {head}");
            foreach (int head in new[] { 2 * group, 2 * group + 1 }) Assert.That(Values(tensors.Gate(head)), Is.EqualTo(rows[next..(next += 12)]), $"gate {head}");
            foreach (int head in new[] { 2 * group, 2 * group + 1 }) Assert.That(Values(tensors.Beta(head)), Is.EqualTo(numbers[number..(number += 1)]), $"b {head}");
            foreach (int head in new[] { 2 * group, 2 * group + 1 }) Assert.That(Values(tensors.Step(head)), Is.EqualTo(numbers[number..(number += 1)]), $"a {head}");
        }

        Assert.That((next, number), Is.EqualTo((rows.Length, numbers.Length)));
        CheckSmall(model, tensors, "model.layers.0.linear_attn.");
    }

    [Test]
    public void Slices_OfSeparateTensors_AreThoseOfEachGroupAndHead()
    {
        using var model = new RandomCheckpoint(RecurrentDefinitions.Qwen35);
        using var store = TensorStore.Open(model.Path);
        var tensors = new DecoderTensors(store, model.Config).Recurrent(2);
        const string name = "model.layers.2.linear_attn.";
        float[][] qkv = Rows(model, name + "in_proj_qkv.weight"), z = Rows(model, name + "in_proj_z.weight"), a = Rows(model, name + "in_proj_a.weight"), b = Rows(model, name + "in_proj_b.weight");
        for (int group = 0; group < 3; group++)
        {
            Assert.That(Values(tensors.Query(group)), Is.EqualTo(qkv[(10 * group)..(10 * group + 10)]));
            Assert.That(Values(tensors.Key(group)), Is.EqualTo(qkv[(30 + 10 * group)..(40 + 10 * group)]));
        }

        for (int head = 0; head < 6; head++)
        {
            Assert.That(Values(tensors.Value(head)), Is.EqualTo(qkv[(60 + 12 * head)..(72 + 12 * head)]));
            Assert.That(Values(tensors.Gate(head)), Is.EqualTo(z[(12 * head)..(12 * head + 12)]));
            Assert.That(Values(tensors.Step(head)), Is.EqualTo(a[head..(head + 1)]));
            Assert.That(Values(tensors.Beta(head)), Is.EqualTo(b[head..(head + 1)]));
        }

        CheckSmall(model, tensors, name);
    }

    /// <summary>Gates, values, keys, queries, steps.</summary>
    [TestCaseSource(nameof(Mamba))]
    public void Slices_OfMamba_FollowEachOther(string config)
    {
        using var model = new RandomCheckpoint(config);
        using var store = TensorStore.Open(model.Path);
        var sizes = model.Config.Recurrent!;
        var tensors = new DecoderTensors(store, model.Config).Recurrent(0);
        string name = $"{model.Config.Names.Root}layers.0.{model.Config.Names.Recurrent}";
        float[][] rows = Rows(model, name + "in_proj.weight");
        int next = 0;
        for (int head = 0; head < sizes.HeadCount; head++) Assert.That(Values(tensors.Gate(head)), Is.EqualTo(rows[next..(next += sizes.HeadDim)]), $"gate {head}");
        for (int head = 0; head < sizes.HeadCount; head++) Assert.That(Values(tensors.Value(head)), Is.EqualTo(rows[next..(next += sizes.HeadDim)]), $"value {head}");
        for (int group = 0; group < sizes.GroupCount; group++) Assert.That(Values(tensors.Key(group)), Is.EqualTo(rows[next..(next += sizes.StateDim)]), $"key {group}");
        for (int group = 0; group < sizes.GroupCount; group++) Assert.That(Values(tensors.Query(group)), Is.EqualTo(rows[next..(next += sizes.StateDim)]), $"query {group}");
        for (int head = 0; head < sizes.HeadCount; head++) Assert.That(Values(tensors.Step(head)), Is.EqualTo(rows[next..(next += 1)]), $"step {head}");
        Assert.That(next, Is.EqualTo(rows.Length));
        float[] taps = [
            .. Enumerable.Range(0, sizes.HeadCount).SelectMany(tensors.TapsOfValue), .. Enumerable.Range(0, sizes.GroupCount).SelectMany(tensors.TapsOfKey),
            .. Enumerable.Range(0, sizes.GroupCount).SelectMany(tensors.TapsOfQuery)];
        Assert.That(taps, Is.EqualTo(model[name + "conv1d.weight"]));
        Assert.That(tensors.BiasOfQuery(sizes.GroupCount - 1), Is.EqualTo(model[name + "conv1d.bias"]![^sizes.StateDim..]));
        Assert.That(tensors.BiasOfValue(1), Is.EqualTo(model[name + "conv1d.bias"]![sizes.HeadDim..(2 * sizes.HeadDim)]));
        Assert.That((tensors.Skip, tensors.StepBias, tensors.NormWeight), Is.EqualTo((model[name + "D"], model[name + "dt_bias"], model[name + "norm.weight"])));
    }

    [Test]
    public void Slices_OfGatedAttention_AreEachHeadsQueryAndGate()
    {
        using var model = new RandomCheckpoint(RecurrentDefinitions.Qwen35);
        using var store = TensorStore.Open(model.Path);
        var tensors = new DecoderTensors(store, model.Config);
        float[][] rows = Rows(model, "model.layers.1.self_attn.q_proj.weight");
        for (int head = 0; head < 6; head++)
        {
            Assert.That(Values(tensors.Query(1, head)), Is.EqualTo(rows[(20 * head)..(20 * head + 10)]));
            Assert.That(Values(tensors.QueryGate(1, head)), Is.EqualTo(rows[(20 * head + 10)..(20 * head + 20)]));
        }
    }

    [TestCaseSource(nameof(Converted))]
    public void Tensors_OfAGgufFile_AreThoseOfTheDirectory(string config)
    {
        using var model = new RandomCheckpoint(config);
        using var made = new TemporaryDirectory();
        CheckGguf(model, made);
    }

    [TestCase("\"linear_num_key_heads\":3", "\"linear_num_key_heads\":4", "linear_num_key_heads is 4, but must divide linear_num_value_heads, which is 6")]
    [TestCase("\"linear_conv_kernel_dim\":4", "\"linear_conv_kernel_dim\":17", "linear_conv_kernel_dim is 17")]
    [TestCase("\"rms_norm_eps\"", "\"hidden_act\":\"gelu\",\"rms_norm_eps\"", "hidden_act is \"gelu\", but only silu is supported where layers keep a state")]
    [TestCase("\"rms_norm_eps\"", "\"attn_output_gate\":false,\"rms_norm_eps\"", "attn_output_gate is false")]
    [TestCase("[\"linear_attention\",", "[\"sliding_attention\",", "layer_types has \"sliding_attention\"")]
    [TestCase("[\"linear_attention\",", "[", "layer_types has 4 entries")]
    public void Parse_WhatIsNotSupported_IsRefusedByName(string field, string other, string expected) => CheckRefused(RecurrentDefinitions.Qwen35, field, other, expected);

    [TestCase("\"mamba_d_head\":11", "\"mamba_d_head\":12", "mamba_d_head is 12, but times mamba_n_heads, which is 8, must be mamba_expand times hidden_size, which is 88")]
    [TestCase("\"mamba_n_groups\":1", "\"mamba_n_groups\":3", "mamba_n_groups is 3, but must divide mamba_n_heads, which is 8")]
    [TestCase("\"mamba_n_groups\":1", "\"mamba_n_groups\":1,\"time_step_limit\":[1]", "time_step_limit is [1], but must be a list of two numbers")]
    [TestCase("\"mamba_n_groups\":1", "\"mamba_n_groups\":1,\"hidden_act\":\"gelu\"", "hidden_act is \"gelu\"")]
    [TestCase("\"mamba\",", "\"conv\",", "layer_types has \"conv\"")]
    public void Parse_OfGraniteWhatIsNotSupported_IsRefusedByName(string field, string other, string expected) => CheckRefused(MambaDefinitions.Granite, field, other, expected);

    [TestCase("\"attn_layer_indices\":[2]", "\"attn_layer_indices\":[4]", "attn_layer_indices has 4, but there are 4 layers")]
    [TestCase("\"attn_rotary_emb\":4", "\"attn_rotary_emb\":6", "attn_rotary_emb is 6, but only 4")]
    public void Parse_OfBambaWhatIsNotSupported_IsRefusedByName(string field, string other, string expected) => CheckRefused(MambaDefinitions.Bamba, field, other, expected);

    [TestCase("M-M*-M", "M-M*-", "hybrid_override_pattern has 5 entries, but must have one for each of the 6 layers")]
    [TestCase("M-M*-M", "M-M*-X", "hybrid_override_pattern has 'X'")]
    [TestCase("\"mlp_hidden_act\"", "\"moe_latent_size\":8,\"mlp_hidden_act\"", "moe_latent_size is given")]
    [TestCase("\"mlp_hidden_act\"", "\"sliding_window\":8,\"mlp_hidden_act\"", "sliding_window is given")]
    [TestCase("\"mlp_hidden_act\"", "\"mamba_hidden_act\":\"gelu\",\"mlp_hidden_act\"", "mamba_hidden_act is \"gelu\"")]
    [TestCase("\"hybrid_override_pattern\":\"M-M*-M\"", "\"layers_block_type\":[\"conv\"]", "layers_block_type has \"conv\"")]
    public void Parse_OfNemotronWhatIsNotSupported_IsRefusedByName(string field, string other, string expected) => CheckRefused(MambaDefinitions.Nemotron, field, other, expected);

    [TestCase("\"head_dim\":11", "\"head_dim\":12", "num_heads is 6, but times head_dim, which is 12, must be expand times hidden_size, which is 66")]
    [TestCase("\"rms_norm\":true", "\"rms_norm\":false", "rms_norm is false")]
    public void Parse_OfMamba2WhatIsNotSupported_IsRefusedByName(string field, string other, string expected) => CheckRefused(MambaDefinitions.Mamba2, field, other, expected);

    [Test]
    public void Parse_MambaFamilies_SaysWhatEachLayerIs()
    {
        var granite = Parse(MambaDefinitions.Granite);
        Assert.That(granite.Recurrent!.Layers, Is.EqualTo(new[] { true, false, true, true }));
        Assert.That((granite.Recurrent.Gate, granite.Recurrent.NormGroups, granite.Recurrent.ConvBias, granite.Recurrent.Bias, granite.Parts), Is.EqualTo((RecurrentGate.GateThenNorm, 1, true, false, default(System.Collections.Immutable.ImmutableArray<LayerParts>?))));
        Assert.That(granite.LayerRopes.Any(rope => rope is not null), Is.False);
        var nemotron = Parse(MambaDefinitions.NemotronMoe);
        Assert.That(nemotron.Parts, Is.EqualTo(new[] { LayerParts.Mixing, LayerParts.FeedForward, LayerParts.Mixing, LayerParts.Mixing, LayerParts.FeedForward }));
        Assert.That(nemotron.Recurrent!.Layers, Is.EqualTo(new[] { true, false, false, true, false }));
        Assert.That((nemotron.Recurrent.NormGroups, nemotron.Experts!.SharedWidth, nemotron.Experts.Layers[1], nemotron.Experts.Layers[0]), Is.EqualTo((3, 50, true, false)));
        var mamba = Parse(MambaDefinitions.Mamba2);
        Assert.That((mamba.Recurrent!.TimeStep, mamba.Recurrent.Width, mamba.TieWordEmbeddings, mamba.Parts!.Value[2]), Is.EqualTo(((0f, float.PositiveInfinity), 66, false, LayerParts.Mixing)));
        Assert.That(Parse(MambaDefinitions.Mamba2.Replace("[0.0, Infinity]", "[0.25,{\"__float__\":\"Infinity\"}]", StringComparison.Ordinal)).Recurrent!.TimeStep, Is.EqualTo((0.25f, float.PositiveInfinity)));
    }

    /// <summary>What the first models of each family leave to defaults.</summary>
    [Test]
    public void Parse_SilentFiles_HaveTheFamiliesDefaults()
    {
        var next = Parse("""{"architectures":["Qwen3NextForCausalLM"],"hidden_size":2048,"num_hidden_layers":8}""");
        Assert.That(next.Recurrent!.Layers, Is.EqualTo(new[] { true, true, true, false, true, true, true, false }));
        Assert.That((next.Recurrent.HeadCount, next.Recurrent.GroupCount, next.Recurrent.HeadDim, next.Recurrent.StateDim, next.Recurrent.ConvLength), Is.EqualTo((32, 16, 128, 128, 4)));
        Assert.That((next.HeadCount, next.KvHeadCount, next.HeadDim, next.RotaryDim), Is.EqualTo((16, 2, 256, 64)));
        Assert.That((next.Experts!.Count, next.Experts.PerToken, next.Experts.Width, next.Experts.SharedWidth, next.Experts.Normalized), Is.EqualTo((512, 10, 512, 512, true)));
        Assert.That(next.LayerRopes, Is.EqualTo(new int?[] { null, null, null, 0, null, null, null, 0 }));

        var text = Parse("""
            {"architectures":["Qwen3_5ForConditionalGeneration"],"model_type":"qwen3_5","text_config":{"model_type":"qwen3_5_text","hidden_size":1024,"num_hidden_layers":4,"vocab_size":100,
             "rope_parameters":{"rope_type":"default","rope_theta":10000000,"partial_rotary_factor":0.25,"mrope_section":[11,11,10],"mrope_interleaved":true},"layer_types":["linear_attention","linear_attention","linear_attention","full_attention"]},"vision_config":{"hidden_size":8}}
            """);
        Assert.That((text.Architecture, text.RotaryDim, text.Ropes[0].Theta, text.Ropes[0].Type, text.KvHeadCount), Is.EqualTo(("Qwen3_5ForCausalLM", 64, 1e7, RopeType.Default, 4)));
        Assert.That(Parse("""{"architectures":["Qwen3_5MoeForConditionalGeneration"],"text_config":{"model_type":"qwen3_5_moe_text","hidden_size":1024,"num_hidden_layers":4}}""").Experts!.Count, Is.EqualTo(256));
    }

    /// <summary>Only where it stands for a number.</summary>
    [Test]
    public void Read_PythonsInfinity_IsANumberOutsideOfQuotes()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.Write("config.json", """{"Infinity":"Infinity, \" Infinity","limit":[-Infinity,Infinity],"last":Infinity}""");

        var read = JsonDocumentFile.ReadObject(path);

        Assert.That(read.GetProperty("Infinity").GetString(), Is.EqualTo("Infinity, \" Infinity"));
        Assert.That(read.GetProperty("limit").EnumerateArray().Select(limit => limit.GetDouble()), Is.EqualTo(new[] { double.NegativeInfinity, double.PositiveInfinity }));
        Assert.That(read.GetProperty("last").GetDouble(), Is.EqualTo(double.PositiveInfinity));
        Assert.That(() => Parse("""{"architectures":["LlamaForCausalLM"],"hidden_size":48,"num_hidden_layers":2,"num_attention_heads":6,"intermediate_size":8,"vocab_size":83,"rope_theta":Infinity}"""),
            Throws.TypeOf<ModelFormatException>().With.Message.Contains("rope_theta"));
    }

    /// <summary>The same members, made from a file as llama.cpp's converter writes it.</summary>
    internal static void CheckGguf(RandomCheckpoint model, TemporaryDirectory made)
    {
        string path = made.Write("model.gguf", GgufConverter.Convert(model.Path));
        var config = ModelConfig.Read(ModelDirectory.Open(path));
        var sizes = model.Config.Recurrent!;
        Assert.That(config.Recurrent, Is.EqualTo(sizes with { Layers = config.Recurrent!.Layers }));
        Assert.That(config.Recurrent.Layers, Is.EqualTo(sizes.Layers));
        using var store = TensorStore.Open(model.Path);
        using var converted = TensorStore.Open(path);
        DecoderTensors expected = new(store, model.Config), actual = new(converted, config);
        foreach (int layer in Enumerable.Range(0, config.LayerCount).Where(config.IsRecurrent)) CheckEqual(expected.Recurrent(layer), actual.Recurrent(layer), sizes, $"layer {layer}");
        foreach (int layer in Enumerable.Range(0, config.LayerCount).Where(layer => model.Config.AttentionGate && !config.IsRecurrent(layer)))
        {
            Assert.That(Values(actual.Query(layer, 1)), Is.EqualTo(Values(expected.Query(layer, 1))));
            Assert.That(Values(actual.QueryGate(layer, 1)), Is.EqualTo(Values(expected.QueryGate(layer, 1))));
        }
    }

    internal static ModelConfig Parse(string json)
    {
        using var directory = new TemporaryDirectory();
        directory.Write("config.json", json);
        return ModelConfig.Read(ModelDirectory.Open(directory.Path));
    }

    internal static void CheckRefused(string config, string field, string other, string expected) =>
        Assert.That(() => Parse(config.Replace(field, other, StringComparison.Ordinal)), Throws.TypeOf<ModelFormatException>().With.Message.Contains(expected));

    /// <summary>Rows of a projection's weights.</summary>
    internal static float[][] Values(Projection projection)
    {
        var weight = projection.Weight;
        return [.. Enumerable.Range(0, weight.Count).Select(output =>
        {
            var row = new float[weight.Tensor.ColumnCount];
            weight.Tensor.ReadRow(weight.First + (long)output * weight.Step, 0, row.Length, row);
            return row;
        })];
    }

    internal static float[][] Rows(RandomCheckpoint model, string name) => [.. model[name]!.Chunk(model.Config.HiddenSize)];

    // Tap by tap in the order of queries, keys, values; then what is one number, or one row, a head.
    private static void CheckSmall(RandomCheckpoint model, RecurrentTensors tensors, string name)
    {
        var sizes = model.Config.Recurrent!;
        float[] taps = [
            .. Enumerable.Range(0, sizes.GroupCount).SelectMany(tensors.TapsOfQuery), .. Enumerable.Range(0, sizes.GroupCount).SelectMany(tensors.TapsOfKey),
            .. Enumerable.Range(0, sizes.HeadCount).SelectMany(tensors.TapsOfValue)];
        Assert.That(taps, Is.EqualTo(model[name + "conv1d.weight"]));
        Assert.That(tensors.BiasOfQuery(0), Is.Null);
        Assert.That(tensors.DecayRates, Is.EqualTo(Array.ConvertAll(model[name + "A_log"]!, value => (float)Math.Exp(value))));
        Assert.That(tensors.StepBias, Is.EqualTo(model[name + "dt_bias"]));
        Assert.That(tensors.NormWeight, Is.EqualTo(model[name + "norm.weight"]));
        Assert.That(Values(tensors.Output).SelectMany(row => row), Is.EqualTo(model[name + "out_proj.weight"]));
    }

    private static void CheckEqual(RecurrentTensors expected, RecurrentTensors actual, RecurrentConfig sizes, string what)
    {
        void Same(Func<RecurrentTensors, object?> member, string name) => Assert.That(member(actual), Is.EqualTo(member(expected)), $"{name} of {what}");
        for (int i = 0; i < sizes.GroupCount; i++)
        {
            int group = i;
            Same(tensors => Values(tensors.Query(group)), $"query {group}");
            Same(tensors => Values(tensors.Key(group)), $"key {group}");
            Same(tensors => tensors.TapsOfQuery(group), $"taps of query {group}");
            Same(tensors => tensors.TapsOfKey(group), $"taps of key {group}");
            Same(tensors => tensors.BiasOfQuery(group), $"bias of query {group}");
            Same(tensors => tensors.BiasOfKey(group), $"bias of key {group}");
        }

        for (int i = 0; i < sizes.HeadCount; i++)
        {
            int head = i;
            Same(tensors => Values(tensors.Value(head)), $"value {head}");
            Same(tensors => Values(tensors.Gate(head)), $"gate {head}");
            Same(tensors => Values(tensors.Step(head)), $"step {head}");
            if (sizes.Kind == RecurrentKind.GatedDelta) Same(tensors => Values(tensors.Beta(head)), $"b {head}");
            Same(tensors => tensors.TapsOfValue(head), $"taps of value {head}");
            Same(tensors => tensors.BiasOfValue(head), $"bias of value {head}");
        }

        Same(tensors => tensors.DecayRates, "decay");
        Same(tensors => tensors.StepBias, "step bias");
        Same(tensors => tensors.NormWeight, "norm");
        Same(tensors => Values(tensors.Output), "output");
        if (sizes.Kind == RecurrentKind.StateSpace) Same(tensors => tensors.Skip, "skip");
    }
}
