using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>What the families that speak GPT-2's words have in common: names of fields, defaults, LayerNorms with biases and a block without a gate.</summary>
internal abstract class GptFamily : ModelFamily
{
    public override ConfigKeys Keys { get; } = new()
    {
        HiddenSize = "n_embd", Layers = "n_layer", Heads = "n_head", IntermediateSize = "n_inner", MaxPositions = "n_positions",
        NormEps = "layer_norm_epsilon", Activation = "activation_function",
    };

    public override double DefaultNormEps => 1e-5;

    public override Activation DefaultActivation => Activation.GeluTanh;

    public override int? DefaultIntermediateSize(int hiddenSize) => 4 * hiddenSize;

    /// <summary>Learned positions, a LayerNorm before each block, biases everywhere.</summary>
    protected static ModelConfig WithLearnedPositions(ModelConfig shared, JsonFields fields) => shared with
    {
        AttentionBias = true,
        AttentionOutputBias = true,
        MlpBias = true,
        GatedMlp = false,
        LearnedPositions = true,
        AttentionScale = fields.Bool("scale_attn_weights") == false ? 1 : null,
        Norms = new NormConfig { Centred = true, HasBias = true },
        Names = new TensorNames
        {
            Root = "transformer.", Embedding = "wte", FinalNorm = "ln_f", Layer = "h.{0}.", AttentionNorm = "ln_1", MlpNorm = "ln_2",
            Qkv = "attn.c_attn", Output = "attn.c_proj", Up = "mlp.c_fc", Down = "mlp.c_proj",
        },
    };
}
