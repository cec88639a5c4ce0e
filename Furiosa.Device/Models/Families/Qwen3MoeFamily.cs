using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Qwen3 with experts: the attention of Qwen3; all layers route but those that the file leaves out.</summary>
internal sealed class Qwen3MoeFamily : ModelFamily
{
    public override string Architecture => "Qwen3MoeForCausalLM";

    public override string ModelType => "qwen3_moe";

    public override int? DefaultKvHeadCount => 4;

    public override int DefaultMaxPositions => 32768;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("attention_bias") ?? false;
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            QkNorm = QkNorm.Head,
            SlidingWindows = QwenWindows.Read(fields, shared.LayerCount),
            Experts = ExpertConfigReader.Read(fields, shared.LayerCount, new() { DefaultCount = 128, DefaultPerToken = 8, DefaultWidth = 768 }),
        };
    }
}
