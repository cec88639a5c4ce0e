using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>GPT-2: learned positions, LayerNorms and biases everywhere, weights kept by input.</summary>
internal sealed class Gpt2Family : ModelFamily
{
    public override string Architecture => "GPT2LMHeadModel";

    public override string ModelType => "gpt2";

    public override ConfigKeys Keys { get; } = new()
    {
        HiddenSize = "n_embd", Layers = "n_layer", Heads = "n_head", IntermediateSize = "n_inner", MaxPositions = "n_positions",
        NormEps = "layer_norm_epsilon", Activation = "activation_function",
    };

    public override int DefaultMaxPositions => 1024;

    public override double DefaultNormEps => 1e-5;

    public override bool DefaultTied => true;

    public override Activation DefaultActivation => Activation.GeluTanh;

    public override bool HasRope => false;

    public override int? DefaultIntermediateSize(int hiddenSize) => 4 * hiddenSize;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        if (fields.Bool("add_cross_attention") == true) fields.Problem("add_cross_attention", "is true, but only decoders alone are supported");
        return shared with
        {
            AttentionBias = true,
            AttentionOutputBias = true,
            MlpBias = true,
            GatedMlp = false,
            LearnedPositions = true,
            AttentionScale = fields.Bool("scale_attn_weights") == false ? 1 : null,
            ScaleByLayer = fields.Bool("scale_attn_by_inverse_layer_idx") == true,
            Norms = new NormConfig { Centred = true, HasBias = true },
            Names = new TensorNames
            {
                Root = "transformer.", Embedding = "wte", FinalNorm = "ln_f", Layer = "h.{0}.", AttentionNorm = "ln_1", MlpNorm = "ln_2",
                Qkv = "attn.c_attn", Output = "attn.c_proj", Up = "mlp.c_fc", Down = "mlp.c_proj", ByInput = true,
            },
        };
    }
}
