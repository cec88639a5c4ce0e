using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Llama 2 and 3: one flag for the biases of all four attention projections, one for the feed-forward block's.</summary>
internal sealed class LlamaFamily : ModelFamily
{
    public override string Architecture => "LlamaForCausalLM";

    public override string ModelType => "llama";

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("attention_bias") ?? false;
        return shared with { AttentionBias = bias, AttentionOutputBias = bias, MlpBias = fields.Bool("mlp_bias") ?? false };
    }
}
