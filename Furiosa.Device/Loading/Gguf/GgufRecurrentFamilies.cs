using System.Text.Json.Nodes;

namespace Furiosa.Device.Loading.Gguf;

/// <summary>Architectures of the format in which layers keep a state.</summary>
internal static class GgufRecurrentFamilies
{
    private const string Finetuned = "rope.scaling.finetuned";

    private static readonly Dictionary<string, string> MambaTensors = new() { ["token_embd.weight"] = "backbone.embeddings.weight", ["output_norm.weight"] = "backbone.norm_f.weight" };

    private static readonly Dictionary<string, string> NemotronParts = new()
    {
        ["attn_norm"] = "norm", ["attn_q"] = "mixer.q_proj", ["attn_k"] = "mixer.k_proj", ["attn_v"] = "mixer.v_proj", ["attn_output"] = "mixer.o_proj",
        ["ffn_up"] = "mixer.up_proj", ["ffn_down"] = "mixer.down_proj", ["ffn_up_shexp"] = "mixer.shared_experts.up_proj", ["ffn_down_shexp"] = "mixer.shared_experts.down_proj",
    };

    private static readonly Dictionary<string, string> QwenParts = new() { ["post_attention_norm"] = "post_attention_layernorm" };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<GgufFamily> All { get; } =
    [
        new()
        {
            Name = "qwen3next", Architecture = "Qwen3NextForCausalLM", ModelType = "qwen3_next", AddsOneToNorms = true, Parts = QwenParts, Recurrent = "linear_attn.", OrdersValueHeads = false,
            Configure = QwenMoe,
        },
        new()
        {
            Name = "qwen35", Architecture = "Qwen3_5ForCausalLM", ModelType = "qwen3_5_text", AddsOneToNorms = true, Parts = QwenParts, Recurrent = "linear_attn.", OrdersValueHeads = true,
            Configure = Qwen,
        },
        new()
        {
            Name = "qwen35moe", Architecture = "Qwen3_5MoeForCausalLM", ModelType = "qwen3_5_moe_text", AddsOneToNorms = true, Parts = QwenParts, Recurrent = "linear_attn.", OrdersValueHeads = true,
            Configure = QwenMoe,
        },
        // Bamba's files have Granite's name; what sets them apart is that heads are rotated.
        new()
        {
            Name = "granitehybrid", When = metadata => metadata.Flag("granitehybrid." + Finetuned) == true, Architecture = "BambaForCausalLM", ModelType = "bamba", Recurrent = "mamba.",
            InterleavesHeads = true, LayersMayLackKeys = true, Configure = Bamba,
            Tensors = new Dictionary<string, string> { ["output_norm.weight"] = "model.final_layernorm.weight" },
            Parts = new Dictionary<string, string>
            {
                ["ffn_norm"] = "pre_ff_layernorm", ["ffn_gate"] = "feed_forward.gate_proj", ["ffn_up"] = "feed_forward.up_proj", ["ffn_down"] = "feed_forward.down_proj",
            },
        },
        new()
        {
            Name = "granitehybrid", Architecture = "GraniteMoeHybridForCausalLM", ModelType = "granitemoehybrid", Recurrent = "mamba.", InterleavesHeads = true, LayersMayLackKeys = true,
            StacksGateAndUp = true, Router = "block_sparse_moe.router.layer", Configure = Granite,
            Parts = new Dictionary<string, string>(GgufFamilies.SharedMlp) { ["ffn_down"] = "shared_mlp.output_linear" },
        },
        new()
        {
            Name = "nemotron_h", Architecture = "NemotronHForCausalLM", ModelType = "nemotron_h", Recurrent = "mixer.", InterleavesHeads = true, LayersMayLackKeys = true, LayerPrefix = "backbone.layers.",
            Tensors = MambaTensors, Parts = NemotronParts, Configure = Nemotron,
        },
        new()
        {
            Name = "nemotron_h_moe", Architecture = "NemotronHForCausalLM", ModelType = "nemotron_h", Recurrent = "mixer.", InterleavesHeads = true, LayersMayLackKeys = true,
            LayerPrefix = "backbone.layers.", Tensors = MambaTensors, Parts = NemotronParts, Experts = "mixer.", Router = "mixer.gate", Corrections = "mixer.gate.e_score_correction_bias",
            Configure = NemotronMoe,
        },
        new()
        {
            Name = "mamba2", Architecture = "Mamba2ForCausalLM", ModelType = "mamba2", Recurrent = "mixer.", HasStatesOnly = true, LayerPrefix = "backbone.layers.",
            Tensors = MambaTensors, Parts = new Dictionary<string, string> { ["attn_norm"] = "norm" }, Configure = Mamba2,
        },
    ];

    // The blocks that guess a token further ahead come last and are left out.
    private static void Qwen(GgufConfig config)
    {
        var layers = config.Layers - (config.Integer("nextn_predict_layers") ?? 0);
        config.Root["num_hidden_layers"] = layers;
        config.Set("linear_num_value_heads", "ssm.time_step_rank");
        config.Set("linear_num_key_heads", "ssm.group_count");
        config.Set("linear_key_head_dim", "ssm.state_size");
        config.Set("linear_conv_kernel_dim", "ssm.conv_kernel");
        HeadDim(config, "linear_value_head_dim");
        var every = config.Integer("full_attention_interval") ?? 4;
        if (every < 1) config.Fault("full_attention_interval", $"is {every}", "it must be at least 1");
        var recurrent = config.Flags("attention.recurrent_layers") ?? [.. Enumerable.Range(1, config.Layers).Select(layer => layer % every != 0)];
        config.Root["layer_types"] = new JsonArray([.. recurrent.Take((int)Math.Clamp(layers, 0, config.Layers)).Select(keepsState => (JsonNode)(keepsState ? "linear_attention" : "full_attention"))]);
        config.Root["attention_bias"] = false;
    }

    private static void QwenMoe(GgufConfig config)
    {
        Qwen(config);
        config.Set("num_experts", "expert_count");
        config.Set("num_experts_per_tok", "expert_used_count");
        config.Set("moe_intermediate_size", "expert_feed_forward_length");
        config.Set("shared_expert_intermediate_size", "expert_shared_feed_forward_length");
        config.Root["norm_topk_prob"] = true;
    }

    // Layers without key heads keep a state.
    private static void Bamba(GgufConfig config)
    {
        if (config.KvHeadsOfLayers is { } heads) config.Root["layer_types"] = new JsonArray([.. heads.Select(count => (JsonNode)(count == 0 ? "mamba" : "attention"))]);
        config.Set("mamba_n_heads", "ssm.time_step_rank");
        config.Set("mamba_n_groups", "ssm.group_count");
        config.Set("mamba_d_state", "ssm.state_size");
        config.Set("mamba_d_conv", "ssm.conv_kernel");
        if (config.Integer("ssm.inner_size") is { } width && config.Integer("ssm.time_step_rank") is > 0 and { } count)
        {
            var hidden = (long)config.Root["hidden_size"]!;
            if (width % hidden != 0 || width % count != 0) config.Fault("ssm.inner_size", $"is {width}", $"it must be a multiple of the hidden size, {hidden}, and of the {count} heads");
            config.Root["mamba_expand"] = width / hidden;
            config.Root["mamba_d_head"] = width / count;
        }

        config.Root["mamba_conv_bias"] = HasSome(config, "ssm_conv1d.bias");
        config.Root["mamba_proj_bias"] = HasSome(config, "ssm_in.bias");
        config.Root["attention_bias"] = HasSome(config, "attn_q.bias");
        config.Root["mlp_bias"] = HasSome(config, "ffn_up.bias");
    }

    private static void Granite(GgufConfig config)
    {
        GgufFamilies.Granite(config);
        Bamba(config);
        config.Root["position_embedding_type"] = config.Flag(Finetuned) == false ? "nope" : "rope";
        config.Root["num_local_experts"] = config.Integer("expert_count") ?? 0;
        config.Set("num_experts_per_tok", "expert_used_count");
        config.Root["shared_intermediate_size"] = config.Integer("expert_count") > 0 ? config.Integer("expert_shared_feed_forward_length") : config.Integer("feed_forward_length");
    }

    private static void Nemotron(GgufConfig config)
    {
        var layers = (int)Math.Clamp(config.Layers - (config.Integer("nextn_predict_layers") ?? 0), 0, config.Layers);
        IReadOnlyList<long> heads = config.KvHeadsOfLayers ?? [], widths = config.Listed("feed_forward_length") ?? [];
        if (heads.Count < layers || widths.Count < layers) config.Fault("feed_forward_length", $"has {widths.Count} entries, and attention.head_count_kv {heads.Count}", $"both must have one for each of the {layers} layers");
        var isSparse = config.Integer("expert_count") > 0;
        config.Root["hybrid_override_pattern"] = string.Concat(Enumerable.Range(0, layers).Select(layer => heads[layer] > 0 ? '*' : widths[layer] == 0 ? 'M' : isSparse ? 'E' : '-'));
        config.Root["num_hidden_layers"] = layers;
        config.Set("layer_norm_epsilon", "attention.layer_norm_epsilon");
        States(config, "mamba_num_heads", "mamba_head_dim", "ssm_state_size");
        config.Root["attention_bias"] = HasSome(config, "attn_q.bias");
        config.Root["mlp_bias"] = HasSome(config, "ffn_up.bias");
    }

    private static void NemotronMoe(GgufConfig config)
    {
        Nemotron(config);
        config.Set("n_routed_experts", "expert_count");
        config.Set("num_experts_per_tok", "expert_used_count");
        config.Set("moe_intermediate_size", "expert_feed_forward_length");
        config.Set("moe_shared_expert_intermediate_size", "expert_shared_feed_forward_length");
        config.Set("n_group", "expert_group_count");
        config.Set("topk_group", "expert_group_used_count");
        config.Set("routed_scaling_factor", "expert_weights_scale");
        config.Root["norm_topk_prob"] = config.Flag("expert_weights_norm") ?? false;
        if (config.Integer("moe_latent_size") > 0) config.Fault("moe_latent_size", "is above 0", "only experts that read whole rows are supported");
    }

    private static void Mamba2(GgufConfig config)
    {
        States(config, "num_heads", "head_dim", "state_size");
        if (config.Integer("ssm.inner_size") is { } width) config.Root["expand"] = width / (double)(long)config.Root["hidden_size"]!;
    }

    private static void States(GgufConfig config, string headsName, string dimName, string stateName)
    {
        if (config.Number("attention.layer_norm_rms_epsilon") is not null) config.Set("layer_norm_epsilon", "attention.layer_norm_rms_epsilon");
        config.Set(headsName, "ssm.time_step_rank");
        config.Set(stateName, "ssm.state_size");
        config.Set("n_groups", "ssm.group_count");
        config.Set("conv_kernel", "ssm.conv_kernel");
        HeadDim(config, dimName);
        config.Root["use_conv_bias"] = HasSome(config, "ssm_conv1d.bias");
        config.Root["use_bias"] = HasSome(config, "ssm_in.bias");
    }

    private static void HeadDim(GgufConfig config, string name)
    {
        if (config.Integer("ssm.inner_size") is not { } width || config.Integer("ssm.time_step_rank") is not (> 0 and { } heads)) return;
        if (width % heads != 0) config.Fault("ssm.inner_size", $"is {width}", $"it must be a multiple of the {heads} heads");
        config.Root[name] = width / heads;
    }

    private static bool HasSome(GgufConfig config, string part) => Enumerable.Range(0, config.Layers).Any(layer => config.Has($"blk.{layer}.{part}"));
}
