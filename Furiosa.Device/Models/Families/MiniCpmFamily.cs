using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>MiniCPM 1, 2 and 4: Llama with three multipliers, of the embeddings, of what a block adds and of the logits.</summary>
internal sealed class MiniCpmFamily : ModelFamily
{
    public override string Architecture => "MiniCPMForCausalLM";

    public override string ModelType => "minicpm";

    public override bool DefaultTied => true;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        foreach (var name in new[] { "num_experts", "sparse_config" })
        {
            if (fields.Find(name) is { } value && value.GetRawText() != "0") fields.Problem(name, "is present, but only dense models with dense attention are supported");
        }

        var bias = fields.Bool("attention_bias") ?? false;
        return Multipliers(shared, fields) with { AttentionBias = bias, AttentionOutputBias = bias };
    }

    /// <summary>The three multipliers.</summary>
    public static ModelConfig Multipliers(ModelConfig shared, JsonFields fields)
    {
        var depth = fields.Number("scale_depth", 1e-6, 1e6) ?? 1;
        return shared with
        {
            EmbeddingScale = (float)(fields.Number("scale_emb", 1e-6, 1e6) ?? 1),
            ResidualScale = (float)(depth / Math.Sqrt(shared.LayerCount)),
            LogitScale = (float)((fields.Number("dim_model_base", 1e-6, 1e6) ?? 1) / shared.HiddenSize),
        };
    }
}
