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
    [TestCase("Mistral3", "ministral3", "\"rope_parameters\":{\"rope_theta\":1000.0,\"llama_4_scaling_beta\":0.1,\"original_max_position_embeddings\":9}", "language_model.model.", "language_model.", "Ministral3ForCausalLM")]
    [TestCase("Llava", "llama", "\"rope_theta\":5000.0", "language_model.model.", "language_model.", "LlamaForCausalLM")]
    [TestCase("Idefics3", "llama", "\"rope_theta\":5000.0", "model.text_model.", "", "LlamaForCausalLM")]
    [TestCase("Qwen3VL", "qwen3_vl_text", "\"rope_scaling\":{\"rope_type\":\"default\",\"mrope_interleaved\":true,\"mrope_section\":[2,1,1]}", "model.language_model.", "", "Qwen3ForCausalLM")]
    [TestCase("Qwen3_5", "qwen3_5_text", "\"linear_num_key_heads\":3,\"linear_num_value_heads\":6,\"linear_key_head_dim\":10,\"linear_value_head_dim\":12,\"full_attention_interval\":2,\"partial_rotary_factor\":0.5,\"rope_parameters\":{\"rope_type\":\"default\",\"rope_theta\":10000.0,\"mrope_interleaved\":true,\"mrope_section\":[1,1,0]}", "model.language_model.", "")]
    [TestCase("Qwen2_5_VL", "qwen2_5_vl_text", "\"rope_scaling\":{\"type\":\"mrope\",\"mrope_section\":[2,1,1]}", "model.", "", "Qwen2ForCausalLM", true)]
    public void Logits_OfATextModelInside_AreItsOwn(string outer, string type, string own, string root, string head, string? family = null, bool flat = false)
    {
        using var model = new RandomCheckpoint($$"""{"architectures":["{{family ?? outer.Replace("l3", "l", StringComparison.Ordinal) + "ForCausalLM"}}"],{{Sizes}},{{own}},"dtype":"float32"}""");
        using var wrapped = new TemporaryDirectory();
        string around = $$"""
            "architectures":["{{outer}}ForConditionalGeneration"],"model_type":"{{outer}}","dtype":"float32","vision_config":{"hidden_size":8}
            """;
        wrapped.Write("config.json", flat ? $$"""{ {{around}},{{Sizes}},{{own}} }""" : $$"""{ {{around}},"hidden_size":7,"text_config":{"model_type":"{{type}}",{{Sizes}},{{own}}} }""");
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

    [TestCase("Gemma3nForConditionalGeneration", "gemma3n_text", ", nor is the text model inside, gemma3n_text")]
    [TestCase("PaliGemmaForConditionalGeneration", "gemma2", ", whose prompts are seen in both directions")]
    public void Read_ALanguageModelInsideThatIsNotServed_IsRefusedByBothNames(string outer, string type, string reason)
    {
        using var directory = new TemporaryDirectory();
        directory.Write("config.json", $$"""{"architectures":["{{outer}}"],"text_config":{"model_type":"{{type}}",{{Sizes}}} }""");
        Assert.That(() => ModelConfig.Read(ModelDirectory.Open(directory.Path)), Throws.TypeOf<ModelFormatException>().With.Message.Contains($"{outer} is not supported{reason}"));
    }
}
