using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Arcee (AFM): Llama whose feed-forward block has no gate and squares its ReLU.</summary>
internal sealed class ArceeFamily : ModelFamily
{
    public override string Architecture => "ArceeForCausalLM";

    public override string ModelType => "arcee";

    public override int DefaultMaxPositions => 4096;

    public override double DefaultNormEps => 1e-5;

    public override Activation DefaultActivation => Activation.ReluSquared;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("attention_bias") ?? false;
        return shared with { AttentionBias = bias, AttentionOutputBias = bias, MlpBias = fields.Bool("mlp_bias") ?? false, GatedMlp = false };
    }
}
