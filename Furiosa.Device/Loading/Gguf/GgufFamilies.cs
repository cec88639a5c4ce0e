using System.Text.Json.Nodes;

namespace Furiosa.Device.Loading.Gguf;

/// <summary>The GGUF architectures that are read. What the format leaves to each program (windows' periods, hard-coded scales) is said here.</summary>
internal static class GgufFamilies
{
    private static readonly Dictionary<string, string> SandwichNorms = new()
    {
        ["ffn_norm"] = "pre_feedforward_layernorm",
        ["post_attention_norm"] = "post_attention_layernorm",
        ["post_ffw_norm"] = "post_feedforward_layernorm",
    };

    /// <summary>The shared expert of Granite.</summary>
    public static readonly Dictionary<string, string> SharedMlp = new()
    {
        ["ffn_gate_shexp"] = "shared_mlp.gate_proj", ["ffn_up_shexp"] = "shared_mlp.up_proj", ["ffn_down_shexp"] = "shared_mlp.output_linear",
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<GgufFamily> All { get; } =
    [
        new() { Name = "llama", Architecture = "LlamaForCausalLM", ModelType = "llama", InterleavesHeads = true, ExpertsOfMixtral = "block_sparse_moe.", Configure = Llama },
        new() { Name = "qwen2", Architecture = "Qwen2ForCausalLM", ModelType = "qwen2" },
        new() { Name = "qwen2moe", Architecture = "Qwen2MoeForCausalLM", ModelType = "qwen2_moe", Configure = Qwen2Moe },
        new() { Name = "olmoe", Architecture = "OlmoeForCausalLM", ModelType = "olmoe", Configure = Olmoe },
        new() { Name = "granitemoe", Architecture = "GraniteMoeForCausalLM", ModelType = "granitemoe", InterleavesHeads = true, StacksGateAndUp = true, Router = "block_sparse_moe.router.layer", Configure = GraniteMoe, Parts = SharedMlp },
        new() { Name = "olmo", Architecture = "OlmoForCausalLM", ModelType = "olmo", InterleavesHeads = true, Configure = Olmo },
        new() { Name = "command-r", Architecture = "CohereForCausalLM", ModelType = "cohere", Configure = CommandR },
        new()
        {
            Name = "stablelm", Architecture = "StableLmForCausalLM", ModelType = "stablelm", Configure = StableLm,
            Parts = new Dictionary<string, string> { ["attn_q_norm"] = "self_attn.q_layernorm", ["attn_k_norm"] = "self_attn.k_layernorm" },
        },
        new()
        {
            Name = "starcoder2", Architecture = "Starcoder2ForCausalLM", ModelType = "starcoder2", Configure = Starcoder2,
            Parts = new Dictionary<string, string> { ["ffn_up"] = "mlp.c_fc", ["ffn_down"] = "mlp.c_proj" },
        },
        new()
        {
            Name = "phi2", Architecture = "PhiForCausalLM", ModelType = "phi", Configure = Phi2,
            Tensors = new Dictionary<string, string> { ["output_norm.weight"] = "model.final_layernorm.weight", ["output_norm.bias"] = "model.final_layernorm.bias" },
            Parts = new Dictionary<string, string> { ["attn_output"] = "self_attn.dense", ["ffn_up"] = "mlp.fc1", ["ffn_down"] = "mlp.fc2" },
        },
        new() { Name = "qwen3", Architecture = "Qwen3ForCausalLM", ModelType = "qwen3" },
        new() { Name = "qwen3moe", Architecture = "Qwen3MoeForCausalLM", ModelType = "qwen3_moe", Configure = Qwen3Moe },
        // Text models inside others, whose positions in three dimensions are one for text.
        new() { Name = "qwen2vl", Architecture = "Qwen2ForCausalLM", ModelType = "qwen2" },
        new() { Name = "qwen3vl", Architecture = "Qwen3ForCausalLM", ModelType = "qwen3" },
        new() { Name = "qwen3vlmoe", Architecture = "Qwen3MoeForCausalLM", ModelType = "qwen3_moe", Configure = Qwen3Moe },
        new()
        {
            Name = "gpt-oss", Architecture = "GptOssForCausalLM", ModelType = "gpt_oss", StacksExperts = true, Configure = GptOss,
            Parts = new Dictionary<string, string> { ["post_attention_norm"] = "post_attention_layernorm", ["ffn_gate_inp"] = "mlp.router" },
        },
        new()
        {
            Name = "gpt2", Architecture = "GPT2LMHeadModel", ModelType = "gpt2", KeepsInputsAsRows = true, LayerPrefix = "transformer.h.", Configure = Gpt2,
            Tensors = new Dictionary<string, string>
            {
                ["token_embd.weight"] = "transformer.wte.weight", ["position_embd.weight"] = "transformer.wpe.weight",
                ["output_norm.weight"] = "transformer.ln_f.weight", ["output_norm.bias"] = "transformer.ln_f.bias",
            },
            Parts = new Dictionary<string, string>
            {
                ["attn_norm"] = "ln_1", ["ffn_norm"] = "ln_2", ["attn_qkv"] = "attn.c_attn", ["attn_output"] = "attn.c_proj", ["ffn_up"] = "mlp.c_fc", ["ffn_down"] = "mlp.c_proj",
            },
        },
        new() { Name = "granite", Architecture = "GraniteForCausalLM", ModelType = "granite", InterleavesHeads = true, Configure = Granite },
        new() { Name = "smollm3", Architecture = "SmolLM3ForCausalLM", ModelType = "smollm3", InterleavesHeads = true, Configure = SmolLm3 },
        new()
        {
            Name = "phi3", Architecture = "Phi3ForCausalLM", ModelType = "phi3", Configure = Phi3,
            Parts = new Dictionary<string, string> { ["ffn_up"] = "mlp.gate_up_proj" },
        },
        new() { Name = "gemma", Architecture = "GemmaForCausalLM", ModelType = "gemma", AddsOneToNorms = true, Configure = config => config.Gemma(false) },
        new() { Name = "gemma2", Architecture = "Gemma2ForCausalLM", ModelType = "gemma2", AddsOneToNorms = true, Parts = SandwichNorms, Configure = Gemma2 },
        new() { Name = "gemma3", Architecture = "Gemma3ForCausalLM", ModelType = "gemma3_text", AddsOneToNorms = true, Parts = SandwichNorms, Configure = Gemma3 },
        new() { Name = "olmo2", Architecture = "Olmo2ForCausalLM", ModelType = "olmo2", Parts = SandwichNorms, Configure = Olmo2 },
        new()
        {
            Name = "gptneox", Architecture = "GPTNeoXForCausalLM", ModelType = "gpt_neox", LayerPrefix = "gpt_neox.layers.", SplitsHeads = true, Configure = GptNeoX,
            Tensors = new Dictionary<string, string>
            {
                ["token_embd.weight"] = "gpt_neox.embed_in.weight", ["output.weight"] = "embed_out.weight",
                ["output_norm.weight"] = "gpt_neox.final_layer_norm.weight", ["output_norm.bias"] = "gpt_neox.final_layer_norm.bias",
            },
            Parts = new Dictionary<string, string>
            {
                ["attn_qkv"] = "attention.query_key_value", ["attn_output"] = "attention.dense", ["ffn_up"] = "mlp.dense_h_to_4h", ["ffn_down"] = "mlp.dense_4h_to_h",
            },
        },
        new() { Name = "exaone4", Architecture = "Exaone4ForCausalLM", ModelType = "exaone4", Parts = SandwichNorms, Configure = Exaone4 },
        new()
        {
            Name = "exaone", Architecture = "ExaoneForCausalLM", ModelType = "exaone", LayerPrefix = "transformer.h.", Configure = Exaone,
            Tensors = new Dictionary<string, string> { ["token_embd.weight"] = "transformer.wte.weight", ["output_norm.weight"] = "transformer.ln_f.weight" },
            Parts = new Dictionary<string, string>
            {
                ["attn_norm"] = "ln_1", ["ffn_norm"] = "ln_2", ["attn_q"] = "attn.attention.q_proj", ["attn_k"] = "attn.attention.k_proj",
                ["attn_v"] = "attn.attention.v_proj", ["attn_output"] = "attn.attention.out_proj", ["ffn_gate"] = "mlp.c_fc_0", ["ffn_up"] = "mlp.c_fc_1", ["ffn_down"] = "mlp.c_proj",
            },
        },
        new() { Name = "cohere2", Architecture = "Cohere2ForCausalLM", ModelType = "cohere2", Configure = Cohere2 },
        new()
        {
            Name = "glm4", Architecture = "Glm4ForCausalLM", ModelType = "glm4", Configure = Glm4,
            Parts = new Dictionary<string, string>
            {
                ["ffn_up"] = "mlp.gate_up_proj", ["post_attention_norm"] = "post_self_attn_layernorm", ["post_ffw_norm"] = "post_mlp_layernorm",
            },
        },
        .. GgufLaterFamilies.All, .. GgufConvFamilies.All, .. GgufRecurrentFamilies.All,
    ];

    private static void Experts(GgufConfig config, string countKey)
    {
        config.Set(countKey, "expert_count");
        config.Set("num_experts_per_tok", "expert_used_count");
    }

    private static void Llama(GgufConfig config)
    {
        config.Biases();
        if (config.Integer("expert_count") is not > 0 and var _) return;
        config.Root["architectures"] = new JsonArray("MixtralForCausalLM");
        config.Root["model_type"] = "mixtral";
        Experts(config, "num_local_experts");
    }

    private static void Qwen3Moe(GgufConfig config)
    {
        Experts(config, "num_experts");
        config.Set("moe_intermediate_size", "expert_feed_forward_length");
        config.Root["norm_topk_prob"] = true;
    }

    private static void Qwen2Moe(GgufConfig config)
    {
        Olmoe(config);
        config.Set("moe_intermediate_size", "expert_feed_forward_length");
        config.Set("shared_expert_intermediate_size", "expert_shared_feed_forward_length");
    }

    private static void Olmoe(GgufConfig config)
    {
        Experts(config, "num_experts");
        config.Root["norm_topk_prob"] = false;
    }

    private static void GraniteMoe(GgufConfig config)
    {
        Granite(config);
        Experts(config, "num_local_experts");
        if (config.Integer("expert_shared_feed_forward_length") is not > 0 and var _) return;
        config.Root["architectures"] = new JsonArray("GraniteMoeSharedForCausalLM");
        config.Root["model_type"] = "granitemoeshared";
        config.Set("shared_intermediate_size", "expert_shared_feed_forward_length");
    }

    private static void Olmo(GgufConfig config) => config.Set("clip_qkv", "attention.clamp_kqv");

    // OLMo 3 has the architecture of OLMo 2 with windows.
    private static void Olmo2(GgufConfig config)
    {
        if (config.Integer("attention.sliding_window") is not > 0 and var _) return;
        config.Root["architectures"] = new JsonArray("Olmo3ForCausalLM");
        config.Root["model_type"] = "olmo3";
        config.Windows(4);
    }

    private static void GptNeoX(GgufConfig config)
    {
        config.PartialRotation("rotary_pct");
        config.Root["rotary_emb_base"] = config.Root["rope_theta"]!.DeepClone();
        config.Root["hidden_act"] = "gelu";
        config.Set("layer_norm_eps", "attention.layer_norm_epsilon");
        config.Root["use_parallel_residual"] = config.Flag("use_parallel_residual") ?? true;
        config.Root["attention_bias"] = config.Has("blk.0.attn_qkv.bias");
    }

    private static void CommandR(GgufConfig config)
    {
        config.Set("logit_scale", "logit_scale");
        config.Set("layer_norm_eps", "attention.layer_norm_epsilon");
        config.Root["use_qk_norm"] = config.Has("blk.0.attn_q_norm.weight");
    }

    private static void StableLm(GgufConfig config)
    {
        config.Set("layer_norm_eps", "attention.layer_norm_epsilon");
        config.Root["use_qkv_bias"] = config.Has("blk.0.attn_q.bias");
        config.Root["use_parallel_residual"] = !config.Has("blk.0.ffn_norm.weight");
        config.Root["qk_layernorm"] = config.Has("blk.0.attn_q_norm.weight");
    }

    private static void Starcoder2(GgufConfig config)
    {
        config.Set("norm_epsilon", "attention.layer_norm_epsilon");
        config.Root["hidden_act"] = "gelu_pytorch_tanh";
        config.Root["use_bias"] = config.Has("blk.0.attn_q.bias");
        config.Windows(0);
    }

    private static void Phi2(GgufConfig config)
    {
        config.Set("layer_norm_eps", "attention.layer_norm_epsilon");
        config.Root["hidden_act"] = "gelu_new";
        config.Root["qk_layernorm"] = config.Has("blk.0.attn_q_norm.weight");
    }

    private static void GptOss(GgufConfig config)
    {
        Experts(config, "num_local_experts");
        config.Set("intermediate_size", "expert_feed_forward_length");
        config.Windows(2);
        if (config.Root["rope_scaling"] is JsonObject scaling) scaling["truncate"] = false;
    }

    private static void Gpt2(GgufConfig config)
    {
        foreach (var (name, other) in new[] { ("hidden_size", "n_embd"), ("num_hidden_layers", "n_layer"), ("num_attention_heads", "n_head"), ("intermediate_size", "n_inner") })
            config.Root[other] = config.Root[name]!.DeepClone();
        config.Set("n_positions", "context_length");
        config.Set("layer_norm_epsilon", "attention.layer_norm_epsilon");
    }

    /// <summary>What all of Granite's models have.</summary>
    public static void Granite(GgufConfig config)
    {
        config.Biases();
        config.Set("logits_scaling", "logit_scale");
        config.Set("residual_multiplier", "residual_scale");
        config.Set("embedding_multiplier", "embedding_scale");
        config.Set("attention_multiplier", "attention.scale");
    }

    private static void SmolLm3(GgufConfig config)
    {
        const int interval = 4;
        config.Biases();
        config.Root["no_rope_layer_interval"] = interval;
        config.Root["no_rope_layers"] = new JsonArray([.. Enumerable.Range(1, config.Layers).Select(layer => (JsonNode)(layer % interval == 0 ? 0 : 1))]);
    }

    private static void Phi3(GgufConfig config)
    {
        config.Windows(0);
        config.LongFactors();
    }

    private static void Gemma2(GgufConfig config)
    {
        config.Gemma(config.Layers == 46);
        config.Windows(2);
        config.Set("attn_logit_softcapping", "attn_logit_softcapping");
        config.Set("final_logit_softcapping", "final_logit_softcapping");
    }

    private static void Gemma3(GgufConfig config)
    {
        config.Gemma(config.Layers == 62);
        config.Windows(6);
        config.Root["sliding_window_pattern"] = 6;
        config.Root["rope_local_base_freq"] = config.Number("rope.freq_base_swa") ?? 10000;
    }

    private static void Exaone(GgufConfig config)
    {
        config.Root["num_layers"] = config.Layers;
        config.Root["activation_function"] = "silu";
        config.Set("layer_norm_epsilon", "attention.layer_norm_rms_epsilon");
    }

    private static void Exaone4(GgufConfig config)
    {
        if (config.Integer("attention.sliding_window") is > 0) config.Windows(4);
        else (config.Root["sliding_window"], config.Root["layer_types"]) = (null, config.LayerTypes(1));
    }

    private static void Cohere2(GgufConfig config)
    {
        config.Windows(4);
        config.Set("logit_scale", "logit_scale");
        config.Set("layer_norm_eps", "attention.layer_norm_epsilon");
        config.Root["use_qk_norm"] = false;
    }

    private static void Glm4(GgufConfig config) => config.Root["attention_bias"] = config.Has("blk.0.attn_q.bias");
}
