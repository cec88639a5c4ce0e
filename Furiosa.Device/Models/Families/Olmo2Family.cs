using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>OLMo 2: norms only after the blocks; queries and keys are normed over all heads.</summary>
internal sealed class Olmo2Family : ModelFamily
{
    public override string Architecture => "Olmo2ForCausalLM";

    public override string ModelType => "olmo2";

    public override double DefaultNormEps => 1e-5;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("attention_bias") ?? false;
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            QkNorm = QkNorm.Width,
            Norms = new NormConfig { BeforeAttention = false, AfterAttention = true, BeforeMlp = false, AfterMlp = true },
        };
    }
}
