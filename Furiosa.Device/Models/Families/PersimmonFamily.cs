using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Persimmon (and Fuyu's text): fused head by head, queries and keys by a LayerNorm of a head, half rotated, squared ReLU without a gate.</summary>
internal sealed class PersimmonFamily : ModelFamily
{
    public override string Architecture => "PersimmonForCausalLM";

    public override string ModelType => "persimmon";

    public override ConfigKeys Keys { get; } = new() { NormEps = "layer_norm_eps" };

    public override int DefaultMaxPositions => 16384;

    public override double DefaultNormEps => 1e-5;

    public override double DefaultTheta => 25000;

    public override double DefaultPartialRotary => 0.5;

    public override Activation DefaultActivation => Activation.ReluSquared;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) => shared with
    {
        AttentionBias = true,
        AttentionOutputBias = true,
        MlpBias = true,
        GatedMlp = false,
        QkNorm = fields.Bool("qk_layernorm") ?? true ? QkNorm.Head : QkNorm.None,
        Norms = new NormConfig { Centred = true, HasBias = true },
        Names = TensorNames.Llama with
        {
            FinalNorm = "final_layernorm", Qkv = "self_attn.query_key_value", QkvByHead = true, Output = "self_attn.dense",
            QueryNorm = "self_attn.q_layernorm", KeyNorm = "self_attn.k_layernorm", Up = "mlp.dense_h_to_4h", Down = "mlp.dense_4h_to_h",
        },
    };
}
