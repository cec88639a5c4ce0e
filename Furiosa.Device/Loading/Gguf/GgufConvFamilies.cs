using System.Text.Json.Nodes;

namespace Furiosa.Device.Loading.Gguf;

/// <summary>Architectures of the format in which layers have short convolutions instead of attention.</summary>
internal static class GgufConvFamilies
{
    // The last norm has the name of another; some converters give it its own.
    private static readonly Dictionary<string, string> LastNorm = new()
    {
        ["token_embd_norm.weight"] = "model.embedding_norm.weight", ["output_norm.weight"] = "model.embedding_norm.weight",
    };

    private static readonly Dictionary<string, string> Parts = new()
    {
        ["attn_norm"] = "operator_norm", ["ffn_norm"] = "ffn_norm", ["attn_q_norm"] = "self_attn.q_layernorm", ["attn_k_norm"] = "self_attn.k_layernorm", ["attn_output"] = "self_attn.out_proj",
        ["ffn_gate"] = "feed_forward.w1", ["ffn_up"] = "feed_forward.w3", ["ffn_down"] = "feed_forward.w2",
        ["shortconv.in_proj"] = "conv.in_proj", ["shortconv.conv"] = "conv.conv", ["shortconv.out_proj"] = "conv.out_proj",
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<GgufFamily> All { get; } =
    [
        new() { Name = "lfm2", Architecture = "Lfm2ForCausalLM", ModelType = "lfm2", LayersMayLackKeys = true, Tensors = LastNorm, Parts = Parts, Configure = Lfm2 },
        new()
        {
            Name = "lfm2moe", Architecture = "Lfm2MoeForCausalLM", ModelType = "lfm2_moe", LayersMayLackKeys = true, Tensors = LastNorm, Parts = Parts,
            ExpertsOfMixtral = "feed_forward.", Corrections = "feed_forward.expert_bias", Configure = Lfm2Moe,
        },
    ];

    private static void Lfm2(GgufConfig config)
    {
        if (config.Integer("attention.sliding_window") > 0) config.Fault("attention.sliding_window", "is above 0, which is not supported", "a model whose attention sees everything is needed");
        if (config.Flag("attention.causal") == false) config.Fault("attention.causal", "is false, which is not supported", "a model that reads from left to right is needed");
        config.Set("norm_eps", "attention.layer_norm_rms_epsilon");
        config.Set("conv_L_cache", "shortconv.l_cache");
        config.Root["block_auto_adjust_ff_dim"] = false;
        if (config.KvHeadsOfLayers is { } heads) config.Root["layer_types"] = new JsonArray([.. heads.Select(count => (JsonNode)(count == 0 ? "conv" : "full_attention"))]);
    }

    private static void Lfm2Moe(GgufConfig config)
    {
        const long sigmoid = 2;
        Lfm2(config);
        if (config.Integer("expert_gating_func") is { } gating && gating != sigmoid) config.Fault("expert_gating_func", $"is {gating}", "only 2, sigmoids, is supported");
        config.Set("num_experts", "expert_count");
        config.Set("num_experts_per_tok", "expert_used_count");
        config.Set("moe_intermediate_size", "expert_feed_forward_length");
        if (config.Number("expert_weights_scale") is > 0) config.Set("routed_scaling_factor", "expert_weights_scale");
        config.Root["num_dense_layers"] = config.Integer("leading_dense_block_count") ?? 0;
        config.Root["norm_topk_prob"] = config.Flag("expert_weights_norm") ?? true;
        config.Root["use_expert_bias"] = Enumerable.Range(0, config.Layers).Any(layer => config.Has($"blk.{layer}.exp_probs_b.bias"));
    }
}
