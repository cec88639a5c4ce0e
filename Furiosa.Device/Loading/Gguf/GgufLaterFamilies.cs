using System.Text.Json.Nodes;

namespace Furiosa.Device.Loading.Gguf;

/// <summary>Architectures of the format that came later, or whose keys take more words.</summary>
internal static class GgufLaterFamilies
{
    private const string Corrections = "mlp.gate.e_score_correction_bias";

    private static readonly Dictionary<string, string> SharedExperts = new()
    {
        ["ffn_gate_shexp"] = "mlp.shared_experts.gate_proj", ["ffn_up_shexp"] = "mlp.shared_experts.up_proj", ["ffn_down_shexp"] = "mlp.shared_experts.down_proj",
    };

    private static readonly Dictionary<string, string> NormAfterAttention = new() { ["post_attention_norm"] = "post_attention_layernorm" };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<GgufFamily> All { get; } =
    [
        new() { Name = "seed_oss", Architecture = "SeedOssForCausalLM", ModelType = "seed_oss", Parts = NormAfterAttention, Configure = SeedOss },
        new() { Name = "arcee", Architecture = "ArceeForCausalLM", ModelType = "arcee", InterleavesHeads = true, Configure = Arcee },
        new() { Name = "nemotron", Architecture = "NemotronForCausalLM", ModelType = "nemotron", AddsOneToNorms = true, Configure = Nemotron },
        new() { Name = "internlm2", Architecture = "LlamaForCausalLM", ModelType = "llama", InterleavesHeads = true, Configure = config => config.Biases() },
        new() { Name = "minicpm", Architecture = "MiniCPMForCausalLM", ModelType = "minicpm", InterleavesHeads = true, Configure = MiniCpm },
        new() { Name = "ernie4_5", Architecture = "Ernie4_5ForCausalLM", ModelType = "ernie4_5", Configure = Ernie },
        new()
        {
            Name = "ernie4_5-moe", Architecture = "Ernie4_5_MoeForCausalLM", ModelType = "ernie4_5_moe", Parts = SharedExperts,
            Corrections = "mlp.moe_statics.e_score_correction_bias", CorrectionsInRow = true, Configure = ErnieMoe,
        },
        new() { Name = "dots1", Architecture = "Dots1ForCausalLM", ModelType = "dots1", Parts = SharedExperts, Corrections = Corrections, Configure = Dots1 },
        new()
        {
            Name = "glm4moe", Architecture = "Glm4MoeForCausalLM", ModelType = "glm4_moe", Corrections = Corrections, Configure = Glm4Moe,
            Parts = SharedExperts.Concat(NormAfterAttention).ToDictionary(),
        },
        new()
        {
            Name = "minimax-m2", Architecture = "MiniMaxM2ForCausalLM", ModelType = "minimax_m2", ExpertsOfMixtral = "block_sparse_moe.",
            Corrections = "block_sparse_moe.e_score_correction_bias", Configure = MiniMaxM2,
        },
        new() { Name = "deepseek2", Architecture = "DeepseekV2ForCausalLM", ModelType = "deepseek_v2", Parts = SharedExperts, Corrections = Corrections, Configure = DeepSeek2 },
        new() { Name = "minicpm3", Architecture = "MiniCPM3ForCausalLM", ModelType = "minicpm3", Configure = MiniCpm3 },
        new() { Name = "mistral3", Architecture = "Ministral3ForCausalLM", ModelType = "ministral3", InterleavesHeads = true, Configure = Mistral3 },
        new()
        {
            Name = "hunyuan-dense", Architecture = "HunYuanDenseV1ForCausalLM", ModelType = "hunyuan_v1_dense", Configure = HunYuan,
            Parts = new Dictionary<string, string> { ["attn_q_norm"] = "self_attn.query_layernorm", ["attn_k_norm"] = "self_attn.key_layernorm" },
        },
        new()
        {
            Name = "falcon", Architecture = "FalconForCausalLM", ModelType = "falcon", LayerPrefix = "transformer.h.", SplitsHeads = true, Configure = Falcon,
            Tensors = new Dictionary<string, string>
            {
                ["token_embd.weight"] = "transformer.word_embeddings.weight", ["output_norm.weight"] = "transformer.ln_f.weight", ["output_norm.bias"] = "transformer.ln_f.bias",
            },
            Parts = new Dictionary<string, string>
            {
                ["attn_qkv"] = "self_attention.query_key_value", ["attn_output"] = "self_attention.dense", ["ffn_up"] = "mlp.dense_h_to_4h", ["ffn_down"] = "mlp.dense_4h_to_h",
            },
        },
        new()
        {
            Name = "bloom", Architecture = "BloomForCausalLM", ModelType = "bloom", LayerPrefix = "transformer.h.", SplitsHeads = true, Configure = Bloom,
            Tensors = new Dictionary<string, string>
            {
                ["token_embd.weight"] = "transformer.word_embeddings.weight", ["output_norm.weight"] = "transformer.ln_f.weight", ["output_norm.bias"] = "transformer.ln_f.bias",
                ["token_embd_norm.weight"] = "transformer.word_embeddings_layernorm.weight", ["token_embd_norm.bias"] = "transformer.word_embeddings_layernorm.bias",
            },
            Parts = new Dictionary<string, string>
            {
                ["attn_qkv"] = "self_attention.query_key_value", ["attn_output"] = "self_attention.dense", ["ffn_up"] = "mlp.dense_h_to_4h", ["ffn_down"] = "mlp.dense_4h_to_h",
            },
        },
        new()
        {
            Name = "mpt", Architecture = "MptForCausalLM", ModelType = "mpt", LayerPrefix = "transformer.blocks.", Configure = Mpt,
            Tensors = new Dictionary<string, string> { ["token_embd.weight"] = "transformer.wte.weight", ["output_norm.weight"] = "transformer.norm_f.weight" },
            Parts = new Dictionary<string, string>
            {
                ["attn_norm"] = "norm_1", ["ffn_norm"] = "norm_2", ["attn_qkv"] = "attn.Wqkv", ["attn_output"] = "attn.out_proj", ["ffn_up"] = "ffn.up_proj", ["ffn_down"] = "ffn.down_proj",
            },
        },
    ];

    private static void SeedOss(GgufConfig config)
    {
        config.Biases();
        config.Root["attention_out_bias"] = config.Has("blk.0.attn_output.bias");
    }

    private static void Arcee(GgufConfig config)
    {
        config.Biases();
        config.Root["mlp_bias"] = config.Has("blk.0.ffn_up.bias");
        config.Root["hidden_act"] = "relu2";
    }

    private static void Nemotron(GgufConfig config)
    {
        Arcee(config);
        config.Set("norm_eps", "attention.layer_norm_epsilon");
    }

    // Files from before the keys have the numbers of the first models.
    private static void MiniCpm(GgufConfig config)
    {
        config.Biases();
        config.LongFactors();
        config.Root["scale_emb"] = config.Number("embedding_scale") ?? 12;
        config.Root["scale_depth"] = (config.Number("residual_scale") ?? 1.4 / Math.Sqrt(config.Layers)) * Math.Sqrt(config.Layers);
        config.Root["dim_model_base"] = config.Number("logit_scale") is > 0 and { } scale ? (long)config.Root["hidden_size"]! / scale : 256;
    }

    private static void Ernie(GgufConfig config) => config.Root["use_bias"] = config.Has("blk.0.attn_q.bias");

    private static void ErnieMoe(GgufConfig config)
    {
        Ernie(config);
        config.Set("moe_num_experts", "expert_count");
        config.Set("moe_k", "expert_used_count");
        config.Set("moe_intermediate_size", "expert_feed_forward_length");
        config.Set("moe_num_shared_experts", "expert_shared_count");
        config.Set("moe_layer_start_index", "leading_dense_block_count");
        config.Set("moe_layer_interval", "interleave_moe_layer_step");
    }

    private static void Grouped(GgufConfig config)
    {
        config.Set("n_routed_experts", "expert_count");
        config.Set("num_experts_per_tok", "expert_used_count");
        config.Set("moe_intermediate_size", "expert_feed_forward_length");
        config.Root["n_shared_experts"] = config.Integer("expert_shared_count") ?? 0;
        config.Root["first_k_dense_replace"] = config.Integer("leading_dense_block_count") ?? 0;
        config.Set("n_group", "expert_group_count");
        config.Set("topk_group", "expert_group_used_count");
        config.Set("routed_scaling_factor", "expert_weights_scale");
        config.Root["norm_topk_prob"] = config.Flag("expert_weights_norm") ?? false;
    }

    private static void Dots1(GgufConfig config)
    {
        Grouped(config);
        config.Root["sliding_window"] = null;
    }

    // The blocks that guess a token further ahead come last and are left out.
    private static void Glm4Moe(GgufConfig config)
    {
        Grouped(config);
        config.Root["num_hidden_layers"] = config.Layers - (config.Integer("nextn_predict_layers") ?? 0);
        config.Root["attention_bias"] = config.Has("blk.0.attn_q.bias");
        config.Root["use_qk_norm"] = config.Has("blk.0.attn_q_norm.weight");
    }

    private static void Latent(GgufConfig config)
    {
        var rotated = config.Integer("rope.dimension_count") ?? 64;
        config.Root["qk_rope_head_dim"] = rotated;
        config.Root["qk_nope_head_dim"] = (config.Integer("attention.key_length_mla") ?? config.Integer("attention.key_length") ?? 0) - rotated;
        config.Root["v_head_dim"] = config.Integer("attention.value_length_mla") ?? config.Integer("attention.value_length")
            ?? (long)config.Root["hidden_size"]! / (long)config.Root["num_attention_heads"]!;
        config.Root["kv_lora_rank"] = config.Integer("attention.kv_lora_rank");
        config.Root["q_lora_rank"] = config.Integer("attention.q_lora_rank");
    }

    // V2, V3 and GLM-4.7-Flash: what tells them apart is whether experts' shares are sigmoids.
    private static void DeepSeek2(GgufConfig config)
    {
        const long sigmoid = 2;
        Grouped(config);
        Latent(config);
        config.Root["num_hidden_layers"] = config.Layers - (config.Integer("nextn_predict_layers") ?? 0);
        if (config.Root["rope_scaling"] is JsonObject scaling)
        {
            scaling.Remove("attention_factor");
            if (config.Number("rope.scaling.yarn_log_multiplier") is > 0 and { } tenth)
            {
                var scale = Math.Round(tenth * 10, 5); // stored as a float
                (scaling["mscale"], scaling["mscale_all_dim"]) = (scale, scale);
            }
        }

        if (config.Integer("expert_gating_func") == sigmoid)
        {
            config.Root["architectures"] = new JsonArray("DeepseekV3ForCausalLM");
            config.Root["model_type"] = "deepseek_v3";
            config.Root["n_group"] ??= 1;
            config.Root["topk_group"] ??= 1;
        }
        else if (config.Integer("expert_group_count") > 1)
        {
            config.Root["topk_method"] = "group_limited_greedy";
        }
    }

    // llama.cpp has these numbers in its program.
    private static void MiniCpm3(GgufConfig config)
    {
        Latent(config);
        config.LongFactors();
        (config.Root["scale_emb"], config.Root["scale_depth"], config.Root["dim_model_base"]) = (12, 1.4, 256);
    }

    private static void MiniMaxM2(GgufConfig config)
    {
        config.Set("num_local_experts", "expert_count");
        config.Set("num_experts_per_tok", "expert_used_count");
        config.Set("intermediate_size", "expert_feed_forward_length");
        config.Set("rotary_dim", "rope.dimension_count");
    }

    private static void Mistral3(GgufConfig config)
    {
        config.Windows(0);
        if (config.Root["rope_scaling"] is not JsonObject scaling) return;
        if (config.Number("attention.temperature_scale") is { } growth) scaling["llama_4_scaling_beta"] = growth;
        if (config.Number("rope.scaling.yarn_log_multiplier") is > 0 and { } scale) (scaling["mscale"], scaling["mscale_all_dim"]) = (scale, scale);
    }

    private static void HunYuan(GgufConfig config)
    {
        config.Biases();
        config.Root["use_qk_norm"] = config.Has("blk.0.attn_q_norm.weight");
    }

    private static void Bloom(GgufConfig config)
    {
        config.Set("seq_length", "context_length");
        config.Set("layer_norm_epsilon", "attention.layer_norm_epsilon");
    }

    private static void Mpt(GgufConfig config)
    {
        if (config.Has("blk.0.attn_qkv.bias") || config.Has("position_embd.weight"))
            config.Fault("block_count", "is that of an MPT with biases or learned positions", "one without them is needed");
        foreach (var (name, other) in new[] { ("hidden_size", "d_model"), ("num_hidden_layers", "n_layers"), ("num_attention_heads", "n_heads") })
            config.Root[other] = config.Root[name]!.DeepClone();
        config.Set("max_seq_len", "context_length");
        config.Set("layer_norm_epsilon", "attention.layer_norm_epsilon");
        var attention = new JsonObject { ["alibi_bias_max"] = config.Number("attention.max_alibi_bias") ?? 0 };
        if (config.Number("attention.clamp_kqv") is { } clip) attention["clip_qkv"] = clip;
        config.Root["attn_config"] = attention;
    }

    private static void Falcon(GgufConfig config)
    {
        if (config.Has("blk.0.attn_norm_2.weight")) config.Fault("attention.head_count_kv", "is that of a Falcon with two norms in a layer", "Falcon 7B and 11B are read; of the others a Hugging Face directory is needed");
        config.Set("layer_norm_epsilon", "attention.layer_norm_epsilon");
        config.Root["activation"] = "gelu";
        config.Root["ffn_hidden_size"] = config.Root["intermediate_size"]!.DeepClone();
        config.Root["new_decoder_architecture"] = true;
        config.Root["num_ln_in_parallel_attn"] = 1;
        config.Root["num_kv_heads"] = config.Root["num_key_value_heads"]!.DeepClone();
    }
}
