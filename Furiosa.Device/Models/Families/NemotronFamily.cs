using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Nemotron 3 and 4, Minitron: LayerNorms by 1 + weight, half of each head rotated, no gate and a squared ReLU.</summary>
internal sealed class NemotronFamily : ModelFamily
{
    public override string Architecture => "NemotronForCausalLM";

    public override string ModelType => "nemotron";

    public override ConfigKeys Keys { get; } = new() { NormEps = "norm_eps" };

    public override int DefaultMaxPositions => 4096;

    public override double DefaultNormEps => 1e-5;

    public override double DefaultPartialRotary => 0.5;

    public override Activation DefaultActivation => Activation.ReluSquared;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("attention_bias") ?? false;
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            MlpBias = fields.Bool("mlp_bias") ?? false,
            GatedMlp = false,
            Norms = new NormConfig { Centred = true, PlusOne = true, HasBias = true },
        };
    }
}
