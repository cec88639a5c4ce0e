using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>dots.llm1: Qwen3's attention with DeepSeek's experts.</summary>
internal sealed class Dots1Family : ModelFamily
{
    public override string Architecture => "Dots1ForCausalLM";

    public override string ModelType => "dots1";

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("attention_bias") ?? false;
        var first = fields.Int("max_window_layers", 0, int.MaxValue) ?? 62;
        var experts = ExpertConfigReader.ReadGrouped(fields, shared.LayerCount, new(128, 6, 1408) { Shared = 0, DenseLayers = 0, Normalized = false });
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            QkNorm = QkNorm.Head,
            SlidingWindows = LayerKinds.Windows(fields, shared.LayerCount, LayerKinds.Window(fields, 4096), layer => layer >= first),
            Experts = experts,
            Names = TensorNames.Llama with { SharedExpert = TensorNames.SharedExperts },
        };
    }
}
