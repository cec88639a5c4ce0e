using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Qwen1.5 and Qwen2 with experts: the attention of Qwen2, and beside the routed experts a shared one with a sigmoid gate.</summary>
internal sealed class Qwen2MoeFamily : ModelFamily
{
    public override string Architecture => "Qwen2MoeForCausalLM";

    public override string ModelType => "qwen2_moe";

    public override int? DefaultKvHeadCount => 16;

    public override int DefaultMaxPositions => 32768;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var experts = ExpertConfigReader.Read(fields, shared.LayerCount, new() { DefaultCount = 60, DefaultPerToken = 4, DefaultWidth = 1408 });
        return shared with
        {
            AttentionBias = fields.Bool("qkv_bias") ?? true,
            SlidingWindows = QwenWindows.Read(fields, shared.LayerCount),
            Experts = experts with { SharedWidth = fields.Int("shared_expert_intermediate_size", 1, 1 << 20) ?? 5632, SharedGate = true },
        };
    }
}
