using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>GLM-4.5, 4.6 and 4.7: half of a head rotated, queries and keys normed by flag, DeepSeek's experts.</summary>
internal sealed class Glm4MoeFamily : ModelFamily
{
    public override string Architecture => "Glm4MoeForCausalLM";

    public override string ModelType => "glm4_moe";

    public override int? DefaultKvHeadCount => 8;

    public override int DefaultMaxPositions => 131072;

    public override double DefaultNormEps => 1e-5;

    public override double DefaultPartialRotary => 0.5;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) => shared with
    {
        AttentionBias = fields.Bool("attention_bias") ?? false,
        QkNorm = fields.Bool("use_qk_norm") == true ? QkNorm.Head : QkNorm.None,
        Experts = ExpertConfigReader.ReadGrouped(fields, shared.LayerCount, new(128, 8, 1408)),
        Names = TensorNames.Llama with { SharedExpert = TensorNames.SharedExperts },
    };
}
