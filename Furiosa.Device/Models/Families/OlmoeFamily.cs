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
        if (fields.Has("clip_qkv")) fields.Problem("clip_qkv", "is present, but clipped queries, keys and values are not supported");
        var bias = fields.Bool("attention_bias") ?? false;
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            QkNorm = QkNorm.Width,
            Experts = ExpertConfigReader.Read(fields, shared.LayerCount, new() { DefaultCount = 64, DefaultPerToken = 8, WidthKey = "intermediate_size" }),
        };
    }
}
