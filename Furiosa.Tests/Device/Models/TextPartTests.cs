using System.Runtime.InteropServices;
using Furiosa.Device.Execution;
using Furiosa.Device.Loading;
using Furiosa.Device.Models;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Models;

/// <summary>The language model inside a checkpoint that sees images: the same bits as that model alone.</summary>
public sealed class TextPartTests
{
    private const string Sizes = """
        "hidden_size":48,"intermediate_size":75,"num_attention_heads":6,"num_key_value_heads":3,"head_dim":8,"num_hidden_layers":2,"vocab_size":83,"max_position_embeddings":128
        """;

    // The names of transformers 4 and of transformers 5.
    [TestCase("Gemma3", "gemma3_text", "\"sliding_window\":5,\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":8.0}", "language_model.model.", "")]
    [TestCase("Gemma3", "gemma3_text", "\"sliding_window\":5", "model.language_model.", "")]
    [TestCase("Mistral3", "mistral", "\"sliding_window\":null", "language_model.model.", "language_model.")]
    [TestCase("Mistral3", "mistral", "\"sliding_window\":null", "model.language_model.", "")]
    public void Logits_OfATextModelInside_AreItsOwn(string outer, string type, string own, string root, string head)
    {
        using var model = new RandomCheckpoint($$"""{"architectures":["{{outer.Replace("l3", "l", StringComparison.Ordinal)}}ForCausalLM"],{{Sizes}},{{own}},"dtype":"float32"}""");
        using var wrapped = new TemporaryDirectory();
        wrapped.Write("config.json", $$"""
            {"architectures":["{{outer}}ForConditionalGeneration"],"model_type":"{{outer}}","dtype":"float32","vision_config":{"hidden_size":8},"hidden_size":7,
             "text_config":{"model_type":"{{type}}",{{Sizes}},{{own}}} }
            """);
        using (var store = TensorStore.Open(model.Path))
        {
            var tensors = store.Names.Select(name => store.Find(name)!).Select(tensor => SafetensorsWriter.Floats(
                tensor.Name.StartsWith("model.", StringComparison.Ordinal) ? root + tensor.Name["model.".Length..] : head + tensor.Name, [.. tensor.Shape], tensor.ReadAll()));
            wrapped.Write("model.safetensors", SafetensorsWriter.Write([.. tensors, SafetensorsWriter.Floats("vision_tower.weight", [1], 0f)]));
        }

        int[] prompt = [.. Enumerable.Range(0, 30).Select(i => i * 7 % 83)];
        using var alone = ReplicaRunner.Open(new ModelHostOptions { ModelDirectory = model.Path });
        using var inside = ReplicaRunner.Open(new ModelHostOptions { ModelDirectory = wrapped.Path }, tensorParallel: 2);
        var (expected, actual) = (alone.Prefill(prompt), inside.Prefill(prompt));
        for (var row = 0; row < prompt.Length; row++)
            Assert.That(MemoryMarshal.AsBytes<float>(actual[row]).SequenceEqual(MemoryMarshal.AsBytes<float>(expected[row])), $"row {row}");
    }

    [Test]
    public void Read_ALanguageModelOfAnotherKindInside_IsRefusedByTheOuterName()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("config.json", $$"""{"architectures":["Mistral3ForConditionalGeneration"],"text_config":{"model_type":"ministral3",{{Sizes}}} }""");
        Assert.That(() => ModelConfig.Read(ModelDirectory.Open(directory.Path)), Throws.TypeOf<ModelFormatException>().With.Message.Contains("Mistral3ForConditionalGeneration is not supported"));
    }
}
