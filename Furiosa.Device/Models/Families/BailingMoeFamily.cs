using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Ling and Ring 2: fused queries, keys and values, normed per head and half rotated; DeepSeek V3's experts.</summary>
internal sealed class BailingMoeFamily : ModelFamily
{
    public override string Architecture => "BailingMoeV2ForCausalLM";

    public override string ModelType => "bailing_moe";

    public override bool HasPartialRotary => true;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var experts = ExpertConfigReader.ReadGrouped(fields, shared.LayerCount, new(256, 8, 512) { Groups = 8, GroupsPerToken = 4, Scale = 2.5, DenseLayers = 0 });
        var function = fields.Text("score_function") ?? "sigmoid";
        if (function != "sigmoid") fields.Problem("score_function", $"is \"{function}\", but must be sigmoid");
        return shared with
        {
            AttentionBias = fields.Bool("use_qkv_bias") ?? false,
            AttentionOutputBias = fields.Bool("use_bias") ?? false,
            QkNorm = fields.Bool("use_qk_norm") ?? true ? QkNorm.Head : QkNorm.None,
            Experts = experts with { Correction = fields.Bool("moe_router_enable_expert_bias") ?? true },
            Names = TensorNames.Llama with
            {
                Embedding = "word_embeddings", Qkv = "attention.query_key_value", Output = "attention.dense", QueryNorm = "attention.query_layernorm",
                KeyNorm = "attention.key_layernorm", Corrections = "mlp.gate.expert_bias", SharedExpert = TensorNames.SharedExperts,
            },
        };
    }
}
