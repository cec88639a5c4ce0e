using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>GLM-4 of 2024: half of each head's neighbouring pairs rotated, gate and up in one tensor.</summary>
internal sealed class GlmFamily : ModelFamily
{
    public override string Architecture => "GlmForCausalLM";

    public override string ModelType => "glm";

    public override int? DefaultKvHeadCount => 2;

    public override int? DefaultHeadDim => 128;

    public override int DefaultMaxPositions => 131072;

    public override double DefaultNormEps => 1.5625e-7;

    public override double DefaultPartialRotary => 0.5;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) => Fused(shared, fields);

    /// <summary>What the GLM-4 models have in common.</summary>
    public static ModelConfig Fused(ModelConfig shared, JsonFields fields) => shared with
    {
        AttentionBias = fields.Bool("attention_bias") ?? true,
        RotaryInterleaved = true,
        Names = TensorNames.Llama with { GateUp = "mlp.gate_up_proj" },
    };
}
