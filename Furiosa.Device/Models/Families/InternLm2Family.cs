using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>InternLM 2 and 2.5: Llama by other names, queries, keys and values fused head by head.</summary>
internal sealed class InternLm2Family : ModelFamily
{
    public override string Architecture => "InternLM2ForCausalLM";

    public override string ModelType => "internlm2";

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("bias") ?? true;
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            Names = new TensorNames
            {
                Embedding = "tok_embeddings", Head = "output", AttentionNorm = "attention_norm", MlpNorm = "ffn_norm", Qkv = "attention.wqkv", QkvByHead = true,
                Output = "attention.wo", Gate = "feed_forward.w1", Up = "feed_forward.w3", Down = "feed_forward.w2",
            },
        };
    }
}
