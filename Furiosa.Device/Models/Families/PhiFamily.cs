using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Phi-1 to 2: attention and feed-forward block side by side after one LayerNorm, biases everywhere, part of each head rotated.</summary>
internal sealed class PhiFamily : ModelFamily
{
    public override string Architecture => "PhiForCausalLM";

    public override string ModelType => "phi";

    public override ConfigKeys Keys { get; } = new() { NormEps = "layer_norm_eps" };

    public override double DefaultNormEps => 1e-5;

    public override Activation DefaultActivation => Activation.GeluTanh;

    public override double DefaultPartialRotary => 0.5;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) => shared with
    {
        AttentionBias = true,
        AttentionOutputBias = true,
        MlpBias = true,
        HeadBias = true,
        GatedMlp = false,
        ParallelResidual = true,
        QkNorm = fields.Bool("qk_layernorm") == true ? QkNorm.Head : QkNorm.None,
        Norms = new NormConfig { Centred = true, HasBias = true, BeforeMlp = false },
        Names = TensorNames.Llama with
        {
            FinalNorm = "final_layernorm", Output = "self_attn.dense", Up = "mlp.fc1", Down = "mlp.fc2",
            QueryNorm = "self_attn.q_layernorm", KeyNorm = "self_attn.k_layernorm",
        },
    };
}
