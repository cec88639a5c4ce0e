using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>GPT-NeoX and Pythia: attention and feed-forward block side by side, each after a LayerNorm of its own; a quarter of each head rotated.</summary>
internal sealed class GptNeoXFamily : ModelFamily
{
    public override string Architecture => "GPTNeoXForCausalLM";

    public override string ModelType => "gpt_neox";

    public override ConfigKeys Keys { get; } = new() { NormEps = "layer_norm_eps", PartialRotary = "rotary_pct", RopeTheta = "rotary_emb_base" };

    public override double DefaultNormEps => 1e-5;

    public override Activation DefaultActivation => Activation.Gelu;

    public override double DefaultPartialRotary => 0.25;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("attention_bias") ?? true;
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            MlpBias = true,
            GatedMlp = false,
            ParallelResidual = fields.Bool("use_parallel_residual") ?? true,
            Norms = new NormConfig { Centred = true, HasBias = true },
            Names = new TensorNames
            {
                Root = "gpt_neox.", Embedding = "embed_in", FinalNorm = "final_layer_norm", Head = "embed_out",
                Qkv = "attention.query_key_value", QkvByHead = true, Output = "attention.dense", Up = "mlp.dense_h_to_4h", Down = "mlp.dense_4h_to_h",
            },
        };
    }
}
