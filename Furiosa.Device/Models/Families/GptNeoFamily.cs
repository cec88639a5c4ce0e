using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>GPT-Neo: GPT-2 with separate projections without biases, scores that are not scaled, and windows in every other layer.</summary>
internal sealed class GptNeoFamily : ModelFamily
{
    public override string Architecture => "GPTNeoForCausalLM";

    public override string ModelType => "gpt_neo";

    public override ConfigKeys Keys { get; } = new() { Layers = "num_layers", Heads = "num_heads", NormEps = "layer_norm_epsilon", Activation = "activation_function" };

    public override double DefaultNormEps => 1e-5;

    public override bool DefaultTied => true;

    public override Activation DefaultActivation => Activation.GeluTanh;

    public override bool HasRope => false;

    public override int? DefaultIntermediateSize(int hiddenSize) => 4 * hiddenSize;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var window = fields.Int("window_size", 1, 1 << 24) ?? 256;
        return shared with
        {
            AttentionOutputBias = true,
            MlpBias = true,
            GatedMlp = false,
            LearnedPositions = true,
            AttentionScale = 1,
            SlidingWindows = [.. Kinds(fields, shared.LayerCount).Select(isLocal => isLocal ? window : (int?)null)],
            Norms = new NormConfig { Centred = true, HasBias = true },
            Names = new TensorNames
            {
                Root = "transformer.", Embedding = "wte", FinalNorm = "ln_f", Layer = "h.{0}.", AttentionNorm = "ln_1", MlpNorm = "ln_2",
                Query = "attn.attention.q_proj", Key = "attn.attention.k_proj", Value = "attn.attention.v_proj", Output = "attn.attention.out_proj",
                Up = "mlp.c_fc", Down = "mlp.c_proj",
            },
        };
    }

    // A name for each layer; the nested lists that these are made from say the same.
    private static IEnumerable<bool> Kinds(JsonFields fields, int layerCount)
    {
        if (fields.Texts("attention_layers") is not { } kinds) return Enumerable.Range(0, layerCount).Select(layer => layer % 2 == 1);
        if (kinds.Count != layerCount) fields.Problem("attention_layers", $"has {kinds.Count} entries, but must have one for each of the {layerCount} layers");
        return Enumerable.Range(0, layerCount).Select(layer => layer < kinds.Count && kinds[layer] == "local");
    }
}
