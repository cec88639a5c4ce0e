using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Granite 3: Llama with multipliers on embeddings, attention scores, residuals and logits.</summary>
internal sealed class GraniteFamily : ModelFamily
{
    public override string Architecture => "GraniteForCausalLM";

    public override string ModelType => "granite";

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) =>
        Multipliers(shared, fields) with { MlpBias = fields.Bool("mlp_bias") ?? false };

    /// <summary>The attention's bias and the four multipliers.</summary>
    public static ModelConfig Multipliers(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("attention_bias") ?? false;
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            EmbeddingScale = (float)(fields.Number("embedding_multiplier", -1e6, 1e6) ?? 1),
            AttentionScale = (float)(fields.Number("attention_multiplier", -1e6, 1e6) ?? 1),
            ResidualScale = (float)(fields.Number("residual_multiplier", -1e6, 1e6) ?? 1),
            LogitScale = 1f / (float)(fields.Number("logits_scaling", 1e-6, 1e6) ?? 1),
        };
    }
}
