using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>OLMo: LayerNorms without weights.</summary>
internal sealed class OlmoFamily : ModelFamily
{
    public override string Architecture => "OlmoForCausalLM";

    public override string ModelType => "olmo";

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("attention_bias") ?? false;
        return shared with { AttentionBias = bias, AttentionOutputBias = bias, QkvClip = (float)(fields.Number("clip_qkv", 0, 1e9) ?? 0), Norms = new NormConfig { Centred = true, HasWeight = false }, NormEps = 1e-5f };
    }
}
