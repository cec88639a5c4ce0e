using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Jais 2: Llama with LayerNorms, biases everywhere, no gate and a squared ReLU.</summary>
internal sealed class Jais2Family : ModelFamily
{
    public override string Architecture => "Jais2ForCausalLM";

    public override string ModelType => "jais2";

    public override ConfigKeys Keys { get; } = new() { NormEps = "layer_norm_eps" };

    public override int DefaultMaxPositions => 8192;

    public override double DefaultNormEps => 1e-5;

    public override double DefaultTheta => 500000;

    public override Activation DefaultActivation => Activation.ReluSquared;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("attention_bias") ?? true;
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            MlpBias = fields.Bool("mlp_bias") ?? true,
            GatedMlp = false,
            Norms = new NormConfig { Centred = true, HasBias = true },
        };
    }
}
