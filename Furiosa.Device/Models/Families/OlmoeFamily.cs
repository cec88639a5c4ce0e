using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>OLMoE: queries and keys are normed over all heads; all layers route.</summary>
internal sealed class OlmoeFamily : ModelFamily
{
    public override string Architecture => "OlmoeForCausalLM";

    public override string ModelType => "olmoe";

    public override int DefaultMaxPositions => 4096;

    public override double DefaultNormEps => 1e-5;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("attention_bias") ?? false;
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            QkvClip = (float)(fields.Number("clip_qkv", 0, 1e9) ?? 0),
            QkNorm = QkNorm.Width,
            Experts = ExpertConfigReader.Read(fields, shared.LayerCount, new() { DefaultCount = 64, DefaultPerToken = 8, WidthKey = "intermediate_size" }),
        };
    }
}
