using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>GPTBigCode (SantaCoder, StarCoder): GPT-2 with one key head for all, weights kept by output.</summary>
internal sealed class GptBigCodeFamily : ModelFamily
{
    public override string Architecture => "GPTBigCodeForCausalLM";

    public override string ModelType => "gpt_bigcode";

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
        var one = fields.Bool("multi_query") ?? true;
        return shared with
        {
            KvHeadCount = one ? 1 : shared.HeadCount,
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
                Qkv = "attn.c_attn", QkvByHead = !one, Output = "attn.c_proj", Up = "mlp.c_fc", Down = "mlp.c_proj",
            },
        };
    }
}
