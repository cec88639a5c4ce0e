using Furiosa.Device.Execution;
using Furiosa.Device.Kernels;
using Furiosa.Device.Kv;
using Furiosa.Device.Loading;
using Furiosa.Device.Models;
using Furiosa.Tests.Device.Artifacts;
using Furiosa.Tests.Device.Execution;
using Furiosa.Tests.Device.Kernels;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Models;

/// <summary>Layers with short convolutions beside others: how they are kept, split and packed, and what of them is refused.</summary>
[TestFixture]
internal sealed class ShortConvTests
{
    private static readonly int[] Prompt = [.. Enumerable.Range(0, 41).Select(i => i * 31 % 83)];

    /// <summary>Each PE keeps the channels of its own query heads, also where it owns no KV head.</summary>
    [TestCase(KvCacheDtype.Float32, 4 * (10 + 16) * 16)]
    [TestCase(KvCacheDtype.Bfloat16, 2 * (10 + 16) * 16)]
    [TestCase(KvCacheDtype.Int8, (10 + 16) * 16 + 2 * 16 * 4)]
    public void KvBytes_OfBothKindsOfLayers_AreCountedAlike(KvCacheDtype dtype, int attentionHead)
    {
        const int Conv = 60 * 16 * 4;
        using var model = new RandomCheckpoint(ShortConvDefinitions.Dense);
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = model.Path, KvCacheDtype = dtype });

        Assert.That(host.KvBytesPerBlock, Is.EqualTo(3 * Conv + 2 * 3 * attentionHead));
        foreach (int tensorParallel in new[] { 1, 2, 4, 8 })
        {
            Assert.That(Enumerable.Range(0, 2).Sum(stage => host.Measure(tensorParallel, stage, 2).Sum(pe => pe.KvBytes)), Is.EqualTo(host.KvBytesPerBlock), $"tp {tensorParallel}");
            using var runner = new ReplicaRunner(host, tensorParallel, 2, blocks: 7);
            Assert.That(runner.Stages.Sum(stage => stage.Pes.Sum(pe => pe.Footprint.KvBytes)), Is.EqualTo(7 * host.KvBytesPerBlock), $"tp {tensorParallel}");
        }

        // Parts of a group in two processes: none needs the other's channels.
        long Part(params int[] ranks) => StageSize.Of(host.Config, 0, 1, 4, ranks).KvBytesPerBlock;
        Assert.That(Part(0, 1) + Part(2, 3), Is.EqualTo(3 * Conv + 2 * 4 * attentionHead), "both parts keep the second of three KV heads");
    }

    [Test]
    public void Logits_WithSmallerKeysAndValues_AreOneAnswer([Values(KvCacheDtype.Bfloat16, KvCacheDtype.Int8)] KvCacheDtype dtype, [Values(WeightQuantization.None, WeightQuantization.Int8)] WeightQuantization quantization)
    {
        using var model = new RandomCheckpoint(ShortConvDefinitions.Dense);
        FamilyNumericsTests.Check(new ModelHostOptions { ModelDirectory = model.Path, KvCacheDtype = dtype, Quantization = quantization }, Prompt);
    }

    /// <summary>Kept in twelve or sixteen bits, and multiplied by rounded rows.</summary>
    [Test]
    public void Logits_OfRoundedWeights_AreOneAnswer([Values] Bf16Products products)
    {
        using var model = new RandomCheckpoint(ShortConvDefinitions.Dense);
        FamilyNumericsTests.Check(new ModelHostOptions { ModelDirectory = model.Path, Dtype = WeightDtype.Bfloat16, Bf16Products = products, Kernels = KernelLevel.Vector256 }, Prompt);
    }

    /// <summary>The form that the newest transformers keeps experts in.</summary>
    [Test]
    public void Logits_OfStackedExperts_AreThoseOfExpertsOneByOne()
    {
        using var model = new RandomCheckpoint(ShortConvDefinitions.Sparse);
        using var stacked = new TemporaryDirectory();
        File.Copy(Path.Combine(model.Path, "config.json"), Path.Combine(stacked.Path, "config.json"));
        using (var store = TensorStore.Open(model.Path)) File.WriteAllBytes(Path.Combine(stacked.Path, TensorStore.SingleFile), SafetensorsWriter.Write(Stacked(store)));
        using var single = ReplicaRunner.Open(new ModelHostOptions { ModelDirectory = model.Path });
        using var together = ReplicaRunner.Open(new ModelHostOptions { ModelDirectory = stacked.Path }, tensorParallel: 2);

        Bits.AssertEqual(together.Prefill(Prompt), single.Prefill(Prompt), "stacked");
    }

    [Test]
    public void Logits_WithoutAttention_DoNotDependOnTheTypeOfKeys()
    {
        using var model = new RandomCheckpoint(ShortConvDefinitions.Dense.Replace("full_attention", "conv", StringComparison.Ordinal));
        using var floats = ReplicaRunner.Open(new ModelHostOptions { ModelDirectory = model.Path });
        using var codes = ReplicaRunner.Open(new ModelHostOptions { ModelDirectory = model.Path, KvCacheDtype = KvCacheDtype.Int8 });

        Bits.AssertEqual(codes.Prefill(Prompt), floats.Prefill(Prompt), "kept as floats");
    }

    [Test]
    public void Logits_OfAGroupInTwoProcesses_AreTheSame([Values(2, 4, 8)] int size, [Values] bool interleaved)
    {
        using var model = new RandomCheckpoint(ShortConvDefinitions.Dense);
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = model.Path });
        using var whole = new ReplicaRunner(host);
        float[][] expected = whole.Prefill(Prompt);
        var meeting = new MemoryLink.Meeting(size, 2);
        int[] low = [.. Enumerable.Range(0, size).Where(rank => interleaved ? rank % 2 == 0 : rank < size / 2)], high = [.. Enumerable.Range(0, size).Except(low)];
        using var first = new ReplicaRunner(host, size, low, new MemoryLink(meeting, low));
        using var second = new ReplicaRunner(host, size, high, new MemoryLink(meeting, high));

        var other = Task.Run(() => InTwo(second));

        Bits.AssertEqual(InTwo(first), expected, "one part");
        Bits.AssertEqual(other.GetAwaiter().GetResult(), expected, "the other part");
    }

    [Test]
    public void Logits_OfAnArtifact_AreTheModels([Values("none", "int8", "int4")] string quantization, [Values(1, 8)] int tensorParallel)
    {
        using var model = new RandomCheckpoint(ShortConvDefinitions.Dense);
        using var made = new TemporaryDirectory();
        using var served = ReplicaRunner.Open(new ModelHostOptions { ModelDirectory = model.Path, Quantization = WeightQuantizations.Parse(quantization) }, tensorParallel);
        using var packed = ReplicaRunner.Open(new ModelHostOptions { ModelDirectory = BuiltArtifact.Of(model.Path, made, tensorParallel, quantization: quantization) }, tensorParallel);

        Bits.AssertEqual(packed.Prefill(Prompt), served.Prefill(Prompt), "artifact");
    }

    [TestCase("\"conv_L_cache\":3", "\"conv_L_cache\":17", "conv_L_cache is 17, but must be a whole number from 2 to 16")]
    [TestCase("\"conv_L_cache\":3", "\"conv_L_cache\":1", "conv_L_cache is 1")]
    [TestCase("\"conv_L_cache\":3", "\"head_dim\":12", "hidden_size is 60, but convolutions need it to be num_attention_heads times head_dim, which is 72")]
    [TestCase("[\"conv\",", "[\"sliding_attention\",", "layer_types has \"sliding_attention\", but must have conv or full_attention")]
    [TestCase("[\"conv\",", "[", "layer_types has 4 entries")]
    [TestCase("\"conv_L_cache\":3", "\"conv_bias\":3", "conv_bias is 3")]
    [TestCase("\"block_auto_adjust_ff_dim\":false", "\"block_ffn_dim_multiplier\":1000,\"intermediate_size\":9999", "intermediate_size is 9999, but what the block_ fields make of it")]
    [TestCase("\"block_auto_adjust_ff_dim\":false", "\"block_ffn_dim_multiplier\":-1", "block_ffn_dim_multiplier is -1")]
    public void Parse_WhatIsNotSupported_IsRefusedByName(string field, string other, string expected)
    {
        using var directory = new TemporaryDirectory();
        directory.Write("config.json", ShortConvDefinitions.Dense.Replace(field, other, StringComparison.Ordinal));

        Assert.That(() => ModelConfig.Read(ModelDirectory.Open(directory.Path)), Throws.TypeOf<ModelFormatException>().With.Message.Contains(expected));
    }

    /// <summary>What the published files say, in the first form and in the later one.</summary>
    [TestCase("\"block_ff_dim\":12288,\"block_auto_adjust_ff_dim\":true,\"block_ffn_dim_multiplier\":1.0,\"block_multiple_of\":256", 8192)]
    [TestCase("\"intermediate_size\":6656", 4608)]
    [TestCase("\"intermediate_size\":10240,\"block_ffn_dim_multiplier\":1.0", 6912)]
    [TestCase("\"intermediate_size\":10752,\"block_auto_adjust_ff_dim\":false", 10752)]
    [TestCase("\"intermediate_size\":1000,\"block_ffn_dim_multiplier\":null", 666)]
    [TestCase("\"vocab_size\":65536", 8192)]
    public void Parse_Width_IsWhatTheBlockFieldsMakeOfIt(string fields, int width)
    {
        using var directory = new TemporaryDirectory();
        directory.Write("config.json", $$"""{"model_type":"lfm2","hidden_size":2048,"num_hidden_layers":4,{{fields}},"full_attn_idxs":[2,9]}""");

        var config = ModelConfig.Read(ModelDirectory.Open(directory.Path));

        Assert.That((config.IntermediateSize, config.HeadDim, config.KvHeadCount, config.TieWordEmbeddings), Is.EqualTo((width, 64, 8, true)));
        Assert.That(config.ShortConv!.Layers, Is.EqualTo(new[] { true, true, false, true }));
        Assert.That(config.Ropes[0].Theta, Is.EqualTo(1e6));
    }

    private static (string Name, string Type, long[] Shape, byte[] Data)[] Stacked(TensorStore store)
    {
        const string One = ".experts.0.w1.weight";
        var plain = store.Names.Where(name => !name.Contains(".experts.", StringComparison.Ordinal)).Select(name => SafetensorsWriter.Floats(name, [.. store.Find(name)!.Shape], store.Find(name)!.ReadAll()));
        var stacks = store.Names.Where(name => name.EndsWith(One, StringComparison.Ordinal)).SelectMany(name =>
        {
            string block = name[..^One.Length];
            float[] All(params string[] parts) => [.. Enumerable.Range(0, 7).SelectMany(expert => parts.SelectMany(part => store.Get($"{block}.experts.{expert}.{part}.weight", part == "w2" ? [60, 37] : [37, 60]).ReadAll()))];
            return new[]
            {
                SafetensorsWriter.Floats($"{block}.experts.gate_up_proj", [7, 2 * 37, 60], All("w1", "w3")), SafetensorsWriter.Floats($"{block}.experts.down_proj", [7, 60, 37], All("w2")),
            };
        });
        return [.. plain, .. stacks];
    }

    private static float[][] InTwo(ReplicaRunner runner) => [.. runner.Extend(Prompt[..18], 0), .. runner.Extend(Prompt[18..], 18)];
}
