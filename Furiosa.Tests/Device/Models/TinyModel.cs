using System.Text.Json;
using Furiosa.Device.Models;
using Furiosa.Tests.Device.Kernels;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Models;

/// <summary>A random model of any shape, written as a Hugging Face directory; its tensors stay at hand as plain floats.</summary>
internal sealed class TinyModel : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, (long[] Shape, float[] Values)> _tensors = [];
    private int _seed = 100;

    public TinyModel(
        string architecture, int hidden, int layers, int heads, int kvHeads, int headDim, int ffn, int vocab, bool bias = false, bool tied = false, int? window = null)
    {
        bool qkNorm = architecture == "Qwen3ForCausalLM";
        string json = JsonSerializer.Serialize(new Dictionary<string, object?>
        {
            ["architectures"] = new[] { architecture }, ["model_type"] = architecture[..^"ForCausalLM".Length].ToLowerInvariant(),
            ["hidden_size"] = hidden, ["num_hidden_layers"] = layers, ["num_attention_heads"] = heads, ["num_key_value_heads"] = kvHeads,
            ["head_dim"] = headDim, ["intermediate_size"] = ffn, ["vocab_size"] = vocab, ["max_position_embeddings"] = 256,
            ["rms_norm_eps"] = 1e-5, ["hidden_act"] = "silu", ["attention_bias"] = bias, ["mlp_bias"] = bias, ["tie_word_embeddings"] = tied,
            ["sliding_window"] = window, ["rope_theta"] = 10000.0, ["torch_dtype"] = "float32", ["eos_token_id"] = 1,
        });
        File.WriteAllText(System.IO.Path.Combine(_directory.Path, "config.json"), json);
        Add("model.embed_tokens.weight", 1, vocab, hidden);
        Add("model.norm.weight", 1, hidden);
        if (!tied) Add("lm_head.weight", 0.3, vocab, hidden);
        for (int layer = 0; layer < layers; layer++)
        {
            string name = $"model.layers.{layer}.";
            Add(name + "input_layernorm.weight", 1, hidden);
            Add(name + "post_attention_layernorm.weight", 1, hidden);
            if (qkNorm) Add(name + "self_attn.q_norm.weight", 1, headDim);
            if (qkNorm) Add(name + "self_attn.k_norm.weight", 1, headDim);
            AddLinear(name + "self_attn.q_proj", heads * headDim, hidden, bias);
            AddLinear(name + "self_attn.k_proj", kvHeads * headDim, hidden, bias);
            AddLinear(name + "self_attn.v_proj", kvHeads * headDim, hidden, bias);
            AddLinear(name + "self_attn.o_proj", hidden, heads * headDim, bias);
            AddLinear(name + "mlp.gate_proj", ffn, hidden, bias);
            AddLinear(name + "mlp.up_proj", ffn, hidden, bias);
            AddLinear(name + "mlp.down_proj", hidden, ffn, bias);
        }

        Write();
        Config = ModelConfig.Read(Furiosa.Device.Loading.ModelDirectory.Open(_directory.Path));
    }

    public string Path => _directory.Path;

    public ModelConfig Config { get; }

    /// <summary>Whether the file is written in half precision.</summary>
    public bool AsHalves { get; init; }

    /// <summary>A tensor's values; empty when there is none of that name.</summary>
    public float[] this[string name] => _tensors.TryGetValue(name, out var tensor) ? tensor.Values : [];

    /// <summary>Gives a tensor other values.</summary>
    public void Change(string name, Func<float, int, float> change)
    {
        var values = _tensors[name].Values;
        for (int i = 0; i < values.Length; i++) values[i] = change(values[i], i);
        Write();
    }

    /// <summary>Rounds all tensors to half precision.</summary>
    public void RoundToHalves()
    {
        foreach (var (_, values) in _tensors.Values)
        {
            for (int i = 0; i < values.Length; i++) values[i] = (float)(Half)values[i];
        }

        Write();
    }

    public void Dispose() => _directory.Dispose();

    private void Write() => File.WriteAllBytes(
        System.IO.Path.Combine(_directory.Path, "model.safetensors"),
        SafetensorsWriter.Write([.. _tensors.Select(tensor => AsHalves
            ? SafetensorsWriter.Halves(tensor.Key, tensor.Value.Shape, tensor.Value.Values) : SafetensorsWriter.Floats(tensor.Key, tensor.Value.Shape, tensor.Value.Values))]));

    private void AddLinear(string name, int outputs, int inputs, bool bias)
    {
        Add(name + ".weight", 1 / Math.Sqrt(inputs), outputs, inputs);
        if (bias) Add(name + ".bias", 0.2, outputs);
    }

    private void Add(string name, double scale, params long[] shape) => _tensors.Add(
        name, (shape, Array.ConvertAll(TestValues.Floats(_seed++, checked((int)shape.Aggregate(1L, (a, b) => a * b))), value => (float)(value * scale))));
}
