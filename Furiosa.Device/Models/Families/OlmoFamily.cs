using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>OLMo: LayerNorms without weights.</summary>
internal sealed class OlmoFamily : ModelFamily
{
    public override string Architecture => "OlmoForCausalLM";

    public override string ModelType => "olmo";

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        if (fields.Has("clip_qkv")) fields.Problem("clip_qkv", "is present, but clipped queries, keys and values are not supported");
        var bias = fields.Bool("attention_bias") ?? false;
        return shared with { AttentionBias = bias, AttentionOutputBias = bias, Norms = new NormConfig { Centred = true, HasWeight = false }, NormEps = 1e-5f };
    }
}
