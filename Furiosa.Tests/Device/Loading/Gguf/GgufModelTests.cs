using System.Runtime.InteropServices;
using System.Text.Json;
using Furiosa.Device.Loading;
using Furiosa.Device.Models;
using Furiosa.Tests.Device.Artifacts;
using Furiosa.Tests.Device.Models;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Loading.Gguf;

/// <summary>GGUF models compute the same bits as a Hugging Face directory with the same weights.</summary>
[TestFixture]
internal sealed class GgufModelTests
{
    private static readonly string[] Types = [.. GgufTwin.Types.Select(type => type.Name)];

    [Test]
    public void Logits_OfTheBundledModelAsGguf_AreTheDirectorys()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.Write("demo.gguf", GgufModels.Demo().Write());
        int[] prompt = [.. Enumerable.Range(300, 40)];
        using var original = ReplicaRunner.Open(TestPaths.DemoModel);
        using var converted = ReplicaRunner.Open(path, tensorParallel: 4, pipelineParallel: 2);

        AssertSameBits(converted.Prefill(prompt), original.Prefill(prompt));
    }

    [Test]
    public void Config_OfTheBundledModelAsGguf_IsTheDirectorys()
    {
        using var directory = new TemporaryDirectory();
        var converted = ModelDirectory.Open(directory.Write("demo.gguf", GgufModels.Demo().Write()));
        var original = ModelDirectory.Open(TestPaths.DemoModel);

        string Text(ModelDirectory model) => JsonSerializer.Serialize(ModelConfig.Read(model) with { WeightType = null });

        Assert.That(Text(converted), Is.EqualTo(Text(original)));
        Assert.That(GenerationConfig.Read(converted).EosTokenIds, Is.EquivalentTo(GenerationConfig.Read(original).EosTokenIds));
    }

    [TestCaseSource(nameof(Types))]
    public void Logits_OfQuantisedWeights_AreThoseOfTheDequantisedOnes(string type)
    {
        using var directory = new TemporaryDirectory();
        var (gguf, plain) = Twins(directory, type);
        int[] prompt = [.. Enumerable.Range(0, 9)];
        using var quantised = ReplicaRunner.Open(gguf, tensorParallel: 2);
        using var dequantised = ReplicaRunner.Open(plain);

        AssertSameBits(quantised.Prefill(prompt), dequantised.Prefill(prompt));
    }

    [TestCase("Q4_0")]
    [TestCase("Q8_0")]
    [TestCase("Q4_K")]
    [TestCase("Q6_K")]
    public void Logits_OfQuantisedConvolutions_AreThoseOfTheDequantisedOnes(string type)
    {
        using var directory = new TemporaryDirectory();
        using var shape = new RandomCheckpoint("""
            {"architectures":["Lfm2ForCausalLM"],"hidden_size":256,"intermediate_size":512,"block_auto_adjust_ff_dim":false,"num_attention_heads":4,"num_key_value_heads":2,
             "num_hidden_layers":2,"vocab_size":96,"max_position_embeddings":256,"norm_eps":1e-5,"rope_theta":10000.0,"layer_types":["conv","full_attention"]}
            """);
        var keys = Keys("lfm2", layers: 2).Set("lfm2.attention.head_count_kv", new[] { 0, 2 }).Set("lfm2.shortconv.l_cache", 3);
        var (gguf, plain) = Twins(directory, type, shape.Path, keys);
        int[] prompt = [.. Enumerable.Range(0, 19)];
        using var quantised = ReplicaRunner.Open(gguf, tensorParallel: 2);
        using var dequantised = ReplicaRunner.Open(plain);

        AssertSameBits(quantised.Prefill(prompt), dequantised.Prefill(prompt));
    }

    [TestCase("Q4_K")]
    [TestCase("Q6_K")]
    [TestCase("Q8_0")]
    [TestCase("MXFP4")]
    public void Logits_OfAnArtifactOfQuantisedWeights_AreTheFiles(string type)
    {
        using var directory = new TemporaryDirectory();
        var (gguf, _) = Twins(directory, type);
        int[] prompt = [.. Enumerable.Range(0, 9)];
        using var quantised = ReplicaRunner.Open(gguf);
        using var packed = ReplicaRunner.Open(BuiltArtifact.Of(gguf, directory, tensorParallel: 2), tensorParallel: 2);

        AssertSameBits(packed.Prefill(prompt), quantised.Prefill(prompt));
    }

    [Test]
    public void Open_OfASplitModel_FindsAllPartsFromAny()
    {
        using var directory = new TemporaryDirectory();
        GgufWriter Part(int number) => new GgufWriter().Set("split.no", number - 1).Set("split.count", 2).Add($"t{number}", [4], 0, new byte[16]);
        directory.Write("m-00001-of-00002.gguf", Part(1).Write());
        var second = directory.Write("m-00002-of-00002.gguf", Part(2).Write());

        using var file = Furiosa.Device.Loading.Gguf.GgufFile.Open(second);

        Assert.That(file.Tensors.Keys, Is.EquivalentTo(new[] { "t1", "t2" }));
        File.Delete(second);
        Assert.That(
            () => Furiosa.Device.Loading.Gguf.GgufFile.Open(Path.Combine(directory.Path, "m-00001-of-00002.gguf")),
            Throws.TypeOf<ModelFormatException>().With.Message.Contains("m-00002-of-00002.gguf"));
    }

    /// <summary>A Qwen3 model whose matrices are random blocks, and a directory with what they stand for.</summary>
    private static (string Gguf, string Plain) Twins(TemporaryDirectory directory, string type)
    {
        using var shape = new TinyModel("Qwen3ForCausalLM", hidden: 256, layers: 1, heads: 4, kvHeads: 2, headDim: 64, ffn: 512, vocab: 96);
        return Twins(directory, type, shape.Path, Keys("qwen3", layers: 1).Set("qwen3.attention.head_count_kv", 2));
    }

    private static GgufWriter Keys(string architecture, int layers) => new GgufWriter().Set("general.architecture", architecture).Set($"{architecture}.block_count", layers)
        .Set($"{architecture}.context_length", 256).Set($"{architecture}.embedding_length", 256).Set($"{architecture}.feed_forward_length", 512)
        .Set($"{architecture}.attention.head_count", 4).Set($"{architecture}.attention.key_length", 64).Set($"{architecture}.attention.layer_norm_rms_epsilon", 1e-5f);

    private static (string Gguf, string Plain) Twins(TemporaryDirectory directory, string type, string model, GgufWriter writer)
    {
        var (_, number, elements, blockBytes) = GgufTwin.Types.Single(known => known.Name == type);
        var plain = new List<(string Name, string Type, long[] Shape, byte[] Data)>();
        using var store = TensorStore.Open(model);
        var seed = 1;
        foreach (var name in store.Names.Where(name => name != "unused").Order(StringComparer.Ordinal))
        {
            var tensor = store.Find(name)!;
            var values = tensor.ReadAll();
            var ggufName = GgufConverter.NameOf(name);
            // A convolution's weights, of which a channel has few, stay floats.
            if (tensor.Shape.Length != 2)
            {
                writer.Add(ggufName, [.. tensor.Shape.Where((_, dimension) => dimension != 1)], 0, tensor.Bytes.ToArray());
            }
            else
            {
                var data = GgufRowsTests.Blocks(type, blockBytes, values.Length / elements, seed++);
                for (var i = 0; i < values.Length; i++) values[i] = GgufTwin.Element(type, data.AsSpan(i / elements * blockBytes, blockBytes), i % elements);
                writer.Add(ggufName, [.. tensor.Shape], number, data);
            }

            plain.Add(SafetensorsWriter.Floats(name, [.. tensor.Shape], values));
        }

        var folder = Directory.CreateDirectory(Path.Combine(directory.Path, "plain")).FullName;
        File.Copy(Path.Combine(model, "config.json"), Path.Combine(folder, "config.json"));
        File.WriteAllBytes(Path.Combine(folder, "model.safetensors"), SafetensorsWriter.Write([.. plain]));
        return (directory.Write("model.gguf", writer.Write()), folder);
    }

    private static void AssertSameBits(float[][] actual, float[][] expected)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Length));
        for (var row = 0; row < expected.Length; row++)
        {
            Assert.That(expected[row], Has.All.Matches<float>(float.IsFinite));
            Assert.That(MemoryMarshal.AsBytes<float>(actual[row]).SequenceEqual(MemoryMarshal.AsBytes<float>(expected[row])), $"row {row}");
        }
    }
}
