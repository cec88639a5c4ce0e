using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Furiosa.Device.Artifacts;
using Furiosa.Device.Execution;
using Furiosa.Device.Loading;
using Furiosa.Device.Models;
using Furiosa.Tests.Device.Models;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Artifacts;

/// <summary>Artifacts compute the same bits as the model that they were built from; foreign and damaged ones are refused.</summary>
[TestFixture]
internal sealed class ArtifactTests
{
    private TemporaryDirectory _directory = null!;

    [SetUp]
    public void SetUp() => _directory = new TemporaryDirectory();

    [TearDown]
    public void TearDown() => _directory.Dispose();

    [TestCase("none", 1, 1)]
    [TestCase("none", 4, 2)]
    [TestCase("none", 2, 1, "bfloat16")]
    [TestCase("int8", 2, 1)]
    [TestCase("int4", 8, 1)]
    [TestCase("int4-pure", 4, 1)]
    public void Logits_OfAnArtifact_AreTheModels(string quantization, int tensorParallel, int pipelineParallel, string dtype = "auto")
    {
        using var model = new TinyModel("Qwen2ForCausalLM", hidden: 64, layers: 2, heads: 6, kvHeads: 2, headDim: 16, ffn: 100, vocab: 75, bias: true);
        var artifact = Build(model.Path, quantization, tensorParallel, dtype);
        int[] prompt = [.. Enumerable.Range(0, 20)];
        using var original = ReplicaRunner.Open(new ModelHostOptions
        {
            ModelDirectory = model.Path, Dtype = WeightDtypes.Parse(dtype), Quantization = WeightQuantizations.Parse(quantization),
        });
        using var packed = ReplicaRunner.Open(artifact, tensorParallel, pipelineParallel);

        AssertSameBits(packed.Prefill(prompt), original.Prefill(prompt));
    }

    [Test]
    public void Open_WithAnotherTensorParallelism_SaysWhich()
    {
        using var model = new TinyModel("LlamaForCausalLM", 64, 1, 4, 2, 16, 64, 40);
        var artifact = Build(model.Path, "none", 2);

        Assert.That(() => ReplicaRunner.Open(artifact, tensorParallel: 4), Throws.TypeOf<ArgumentException>().With.Message.Contains("packed for tp 2"));
    }

    [TestCase(0, 1)]
    [TestCase(0, 4)]
    [TestCase(300, 2)] // one matrix is of floats
    public void Logits_OfAnArtifactInHalfPrecision_AreTheModels(float large, int tensorParallel)
    {
        using var model = F16WeightsTests.Model(asHalves: true, large);
        using var original = ReplicaRunner.Open(model.Path);
        using var packed = ReplicaRunner.Open(Build(model.Path, "none", tensorParallel), tensorParallel);

        AssertSameBits(packed.Prefill([1, 2, 3, 4, 5]), original.Prefill([1, 2, 3, 4, 5]));
    }

    [Test]
    public void Open_PlainOfCompressedWeights_SaysWhatToDo()
    {
        using var model = new TinyModel("LlamaForCausalLM", 64, 1, 4, 2, 16, 64, 40);
        var plain = new ModelHostOptions { ModelDirectory = Build(model.Path, "none", 2, "bfloat16"), Bf16Weights = Bf16Weights.Plain };

        Assert.That(() => ModelHost.Open(plain), Throws.ArgumentException.With.Message.Contains("bf16-weights plain").And.Message.Contains("build it again"));
    }

    [TestCase("none", "bfloat16")]
    [TestCase("int8", "bfloat16")]
    [TestCase("none", "auto")]
    public void Open_PlainOfWeightsThatAreNotCompressed_Serves(string quantization, string dtype)
    {
        using var model = new TinyModel("LlamaForCausalLM", 64, 1, 4, 2, 16, 64, 40);
        var weights = dtype == "bfloat16" && quantization == "none" ? "plain" : "auto";

        Assert.That(() => ModelHost.Open(new ModelHostOptions { ModelDirectory = Build(model.Path, quantization, 2, dtype, weights), Bf16Weights = Bf16Weights.Plain }).Dispose(), Throws.Nothing);
    }

    // As all were before weights were compressed.
    [Test]
    public void Open_OfTheFormBefore_Serves()
    {
        using var model = new TinyModel("LlamaForCausalLM", 64, 1, 4, 2, 16, 64, 40);
        var artifact = Build(model.Path, "none", 1, "bfloat16", "plain");
        var path = Path.Combine(artifact, "artifact.json");
        var manifest = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        var packed = manifest["packed"]!.AsObject();
        packed["version"] = 1;
        File.WriteAllText(path, manifest.ToJsonString());
        using var original = ReplicaRunner.Open(new ModelHostOptions { ModelDirectory = model.Path, Dtype = WeightDtype.Bfloat16 });
        using var runner = ReplicaRunner.Open(new ModelHostOptions { ModelDirectory = artifact, Bf16Weights = Bf16Weights.Plain });

        AssertSameBits(runner.Prefill([1, 2, 3]), original.Prefill([1, 2, 3]));
    }

    [Test]
    public void Manifest_OfAnArtifact_HasTheReferencesKeys()
    {
        using var model = new TinyModel("LlamaForCausalLM", 64, 1, 4, 2, 16, 64, 40);
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Build(model.Path, "int8", 2), "artifact.json")));

        string[] keys = ["metadata", "devices", "generator_config", "hf_config", "model_metadata", "model_rewriting_config", "parallel_config", "pipelines"];
        Assert.That(json.RootElement.EnumerateObject().Select(item => item.Name), Is.SupersetOf(keys));
        Assert.That(
            json.RootElement.GetProperty("metadata").EnumerateObject().Select(item => item.Name),
            Is.EquivalentTo(new[] { "artifact_id", "name", "timestamp", "furiosa_llm_version", "furiosa_compiler_version" }));
    }

    [Test]
    public void Open_OfATruncatedShard_NamesTheRemedy()
    {
        using var model = new TinyModel("LlamaForCausalLM", 64, 1, 4, 2, 16, 64, 40);
        var artifact = Build(model.Path, "none", 1);
        using (var shard = File.OpenWrite(Path.Combine(artifact, "packed-00001.bin"))) shard.SetLength(shard.Length / 2);

        Assert.That(() => ReplicaRunner.Open(artifact), Throws.TypeOf<ModelFormatException>().With.Message.Contains("truncated").And.Message.Contains("build"));
    }

    [Test]
    public void Open_OfAnEmptyShard_NamesItAndTheRemedy()
    {
        using var model = new TinyModel("LlamaForCausalLM", 64, 1, 4, 2, 16, 64, 40);
        var artifact = Build(model.Path, "none", 1);
        File.WriteAllBytes(Path.Combine(artifact, "packed-00001.bin"), []);

        Assert.That(() => ReplicaRunner.Open(artifact), Throws.TypeOf<ModelFormatException>().With.Message.Contains("packed-00001.bin: is empty").And.Message.Contains("build"));
    }

    [TestCase("packed.json", "{}")]
    [TestCase("packed.json", """{"shards":1,"matrices":{"x":{}},"tensors":{}}""")]
    [TestCase("packed.json", """{"shards":1,"matrices":{"x":{"shard":0,"offset":64,"format":"F32","columns":1000000,"chunks":[0,1000000],"bias":true}},"tensors":{}}""")]
    [TestCase("packed.json", """{"shards":1,"matrices":{"x":{"shard":0,"offset":0,"format":"F32","columns":1,"chunks":[0,1]},"x":{"shard":0,"offset":0,"format":"F32","columns":1,"chunks":[0,1]}},"tensors":{}}""")]
    [TestCase("packed.json", """{"shards":1,"matrices":{"x":{"shard":0,"offset":0,"format":"Codes","columns":1,"chunks":[0,1],"is_float":true,"table":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]}},"tensors":{}}""")]
    [TestCase("packed.json", """{"shards":1,"matrices":{},"tensors":{"t":{"dtype":"BF16","shape":[-1]}}}""")]
    [TestCase("packed.json", """{"shards":1,"matrices":{},"tensors":{"t":{"dtype":"BF16","shape":[4294967295,4294967295,2]}}}""")]
    [TestCase("packed.json", """{"shards":1,"matrices":{},"tensors":{"t":{"dtype":"BF16","shape":[4294967295,4294967295,4294967295,0]}}}""")]
    [TestCase("packed.json", """{"shards":1,"matrices":{"x":{"shard":0,"offset":0,"format":"F32","columns":1,"chunks":[0,1],"compressed":true}},"tensors":{}}""")]
    [TestCase("artifact.json", """{"packed":{"version":0}}""")]
    [TestCase("artifact.json", """{"packed":{"version":4}}""")]
    [TestCase("artifact.json", """{"packed":{"version":1,"tensor_parallel_size":3}}""")]
    public void Open_OfADamagedArtifact_NamesTheFile(string file, string content)
    {
        using var model = new TinyModel("LlamaForCausalLM", 64, 1, 4, 2, 16, 64, 40);
        var artifact = Build(model.Path, "none", 1);
        File.WriteAllText(Path.Combine(artifact, file), content);

        Assert.That(() => ReplicaRunner.Open(artifact), Throws.TypeOf<ModelFormatException>().With.Message.Contains(file));
    }

    /// <summary>The list cannot have products compute with another form of a matrix than the one that memory is there for.</summary>
    [TestCase("""{"columns":16777216,"chunks":[0,0]}""")]
    [TestCase("""{"columns":0,"chunks":[0,1000000]}""")]
    [TestCase("""{"columns":32,"chunks":[0,2147483647]}""")]
    [TestCase("""{"columns":1}""")]
    [TestCase("""{"chunks":[0,8]}""")]
    [TestCase("""{"chunks":[0,8,64]}""")]
    [TestCase("""{"bias":true}""")]
    [TestCase("""{"format":"Int8"}""")]
    [TestCase("""{"format":"Bf16Rounded"}""")]
    public void Open_OfAMatrixInAnotherForm_NamesTheFile(string form)
    {
        using var model = new TinyModel("LlamaForCausalLM", 64, 1, 4, 2, 16, 64, 40);
        var artifact = Build(model.Path, "none", 1);
        var path = Path.Combine(artifact, "packed.json");
        var list = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        foreach (var (_, matrix) in list["matrices"]!.AsObject().SkipLast(1))
        {
            foreach (var (key, value) in JsonNode.Parse(form)!.AsObject()) matrix![key] = value!.DeepClone();
        }

        File.WriteAllText(path, list.ToJsonString());

        Assert.That(() => ReplicaRunner.Open(artifact).Dispose(), Throws.TypeOf<ModelFormatException>().With.Message.Contains("packed.json").And.Message.Contains("build"));
    }

    [TestCase("artifact.json", """{"metadata":{"artifact_id":"1"},"devices":"npu:0:*","pipelines":[{"blobs":{}}]}""")]
    [TestCase("model.fxb", "PK")]
    [TestCase("binary_bundle.zip", "PK")]
    public void Open_OfProgramsForHardware_SaysThatTheyRunThere(string file, string content)
    {
        _directory.Write(file, content);

        Assert.That(() => ModelDirectory.Open(_directory.Path), Throws.TypeOf<ModelFormatException>().With.Message.Contains("RNGD").And.Message.Contains("furiosa-llm build"));
        if (file.EndsWith(".fxb", StringComparison.Ordinal))
            Assert.That(() => ModelDirectory.Open(Path.Combine(_directory.Path, file)), Throws.TypeOf<ModelFormatException>().With.Message.Contains("RNGD"));
    }

    private string Build(string model, string quantization, int tensorParallel, string dtype = "auto", string weights = "auto")
    {
        var output = Directory.CreateDirectory(Path.Combine(_directory.Path, "artifact")).FullName;
        ArtifactBuilder.Build(new ArtifactOptions
        {
            Model = model, Output = output, Name = "tiny", ProgramVersion = "1", Time = DateTimeOffset.UnixEpoch, TensorParallel = tensorParallel, Quantization = quantization,
            Dtype = dtype, Bf16Weights = weights,
        });
        return output;
    }

    private static void AssertSameBits(float[][] actual, float[][] expected)
    {
        for (var row = 0; row < expected.Length; row++)
            Assert.That(MemoryMarshal.AsBytes<float>(actual[row]).SequenceEqual(MemoryMarshal.AsBytes<float>(expected[row])), $"row {row}");
    }
}
