using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>GLM-4 of 2025: GLM-4 with norms after both blocks too.</summary>
internal sealed class Glm4Family : ModelFamily
{
    public override string Architecture => "Glm4ForCausalLM";

    public override string ModelType => "glm4";

    public override int? DefaultKvHeadCount => 2;

    public override int? DefaultHeadDim => 128;

    public override int DefaultMaxPositions => 131072;

    public override double DefaultNormEps => 1.5625e-7;

    public override double DefaultPartialRotary => 0.5;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var fused = GlmFamily.Fused(shared, fields);
        return fused with
        {
            Norms = new NormConfig { AfterAttention = true, AfterMlp = true },
            Names = fused.Names with { PostAttentionNorm = "post_self_attn_layernorm", PostMlpNorm = "post_mlp_layernorm" },
        };
    }
}
