namespace Furiosa.Device.Models;

/// <summary>
/// The names of a family's tensors. Names of linear products and norms stand without <c>.weight</c> and <c>.bias</c>; those of a layer
/// without <see cref="Layer"/>. A fused name, where there is one, stands for the separate ones.
/// </summary>
internal sealed record TensorNames
{
    public static TensorNames Llama { get; } = new();

    /// <summary>Prefixes to try when a tensor has not the family's own: checkpoints of the bare model leave it out.</summary>
    public string Root { get; init; } = "model.";

    public string Embedding { get; init; } = "embed_tokens";

    public string Positions { get; init; } = "wpe";

    public string FinalNorm { get; init; } = "norm";

    /// <summary>Without <see cref="Root"/>.</summary>
    public string Head { get; init; } = "lm_head";

    /// <summary>The prefix of a layer's tensors, with {0} for its number.</summary>
    public string Layer { get; init; } = "layers.{0}.";

    public string AttentionNorm { get; init; } = "input_layernorm";

    public string PostAttentionNorm { get; init; } = "post_attention_layernorm";

    public string MlpNorm { get; init; } = "post_attention_layernorm";

    public string PostMlpNorm { get; init; } = "post_feedforward_layernorm";

    public string QueryNorm { get; init; } = "self_attn.q_norm";

    public string KeyNorm { get; init; } = "self_attn.k_norm";

    public string Query { get; init; } = "self_attn.q_proj";

    public string Key { get; init; } = "self_attn.k_proj";

    public string Value { get; init; } = "self_attn.v_proj";

    /// <summary>Queries, keys and values in one.</summary>
    public string? Qkv { get; init; }

    /// <summary>Whether the fused tensor has, KV head by KV head, its queries, its key and its value; else all queries, all keys, all values.</summary>
    public bool QkvByHead { get; init; }

    public string Output { get; init; } = "self_attn.o_proj";

    public string Sinks { get; init; } = "self_attn.sinks";

    public string Gate { get; init; } = "mlp.gate_proj";

    public string Up { get; init; } = "mlp.up_proj";

    /// <summary>Gate and up in one.</summary>
    public string? GateUp { get; init; }

    public string Down { get; init; } = "mlp.down_proj";

    public string Router { get; init; } = "mlp.gate";

    /// <summary>The prefix of one expert's tensors, with {0} for its number.</summary>
    public string Expert { get; init; } = "mlp.experts.{0}.";

    public string ExpertGate { get; init; } = "gate_proj";

    public string ExpertUp { get; init; } = "up_proj";

    public string ExpertDown { get; init; } = "down_proj";

    /// <summary>Gate and up of all experts in one tensor of three dimensions, by its whole name; used where the checkpoint has it.</summary>
    public string ExpertsGateUp { get; init; } = "mlp.experts.gate_up_proj";

    /// <summary>Down of all experts, likewise.</summary>
    public string ExpertsDown { get; init; } = "mlp.experts.down_proj";

    /// <summary>
    /// Whether the experts' tensors are kept as [expert, inputs, outputs] with gate and up taking turns (gpt-oss); else as
    /// [expert, outputs, inputs], all of gate first.
    /// </summary>
    public bool ExpertsByInput { get; init; }

    /// <summary>Whether a checkpoint always has the experts stacked.</summary>
    public bool ExpertsStacked { get; init; }

    public string SharedExpert { get; init; } = "mlp.shared_expert.";

    public string SharedGate { get; init; } = "mlp.shared_expert_gate";

    /// <summary>Whether weights of a layer's products are kept as [inputs, outputs] (GPT-2).</summary>
    public bool ByInput { get; init; }
}
