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

    /// <summary>The norm of embeddings.</summary>
    public string EmbeddingNorm { get; init; } = "word_embeddings_layernorm";

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

    /// <summary>Follows <see cref="QueryNorm"/> and <see cref="KeyNorm"/>, with {0} for the head, where each head has a tensor of its own, without a bias (StableLM).</summary>
    public string? HeadNorm { get; init; }

    public string Query { get; init; } = "self_attn.q_proj";

    public string Key { get; init; } = "self_attn.k_proj";

    public string Value { get; init; } = "self_attn.v_proj";

    /// <summary>Queries, keys and values in one.</summary>
    public string? Qkv { get; init; }

    /// <summary>Whether the fused tensor has, KV head by KV head, its queries, its key and its value; else all queries, all keys, all values.</summary>
    public bool QkvByHead { get; init; }

    /// <summary>Where above zero, the fused tensor has so many blocks, each with its part of all queries, of all values, then of all keys (CodeGen).</summary>
    public int QueryValueKeyBlocks { get; init; }

    /// <summary>Makes the vector that queries are made from.</summary>
    public string LatentQuery { get; init; } = "self_attn.q_a_proj";

    public string LatentQueryNorm { get; init; } = "self_attn.q_a_layernorm";

    /// <summary>Makes queries from that vector.</summary>
    public string QueryFromLatent { get; init; } = "self_attn.q_b_proj";

    /// <summary>Makes the vector that keys and values are made from, and the keys' rotated part.</summary>
    public string LatentKey { get; init; } = "self_attn.kv_a_proj_with_mqa";

    public string LatentKeyNorm { get; init; } = "self_attn.kv_a_layernorm";

    /// <summary>Makes, head by head, the rest of the key and the value from that vector.</summary>
    public string KeyFromLatent { get; init; } = "self_attn.kv_b_proj";

    /// <summary>The keys' half of that as [head, inputs, outputs], where a file has the halves apart (GGUF).</summary>
    public string KeysFromLatent { get; init; } = "self_attn.k_b_proj";

    /// <summary>The values' half as [head, outputs, inputs].</summary>
    public string ValuesFromLatent { get; init; } = "self_attn.v_b_proj";

    public string Output { get; init; } = "self_attn.o_proj";

    /// <summary>Of a convolution layer: makes the three parts of its channels.</summary>
    public string ConvInput { get; init; } = "conv.in_proj";

    public string Conv { get; init; } = "conv.conv";

    public string ConvOutput { get; init; } = "conv.out_proj";

    /// <summary>The prefix of what a layer with a state has (<see cref="RecurrentTensors"/>).</summary>
    public string Recurrent { get; init; } = "mamba.";

    /// <summary>Whether the projection of such a layer has, group by group, its query, key, values and gates, and its two numbers likewise (Qwen3-Next).</summary>
    public bool RecurrentByGroup { get; init; }

    public string Sinks { get; init; } = "self_attn.sinks";

    public string Gate { get; init; } = "mlp.gate_proj";

    public string Up { get; init; } = "mlp.up_proj";

    /// <summary>Gate and up in one.</summary>
    public string? GateUp { get; init; }

    public string Down { get; init; } = "mlp.down_proj";

    /// <summary>The prefix of the four numbers of <see cref="Kernels.Activation.Xielu"/>.</summary>
    public string ActivationNumbers { get; init; } = "mlp.act_fn.";

    public string Router { get; init; } = "mlp.gate";

    /// <summary>What is added to experts' shares for the choice, by its whole name.</summary>
    public string Corrections { get; init; } = "mlp.gate.e_score_correction_bias";

    /// <summary>Whether those stand in one row of a matrix.</summary>
    public bool CorrectionsInRow { get; init; }

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
    /// Whether the experts' tensors are kept as [expert, inputs, outputs]; else as [expert, outputs, inputs].
    /// </summary>
    public bool ExpertsByInput { get; init; }

    /// <summary>Whether gate and up of stacked experts take turns (gpt-oss); else all of gate comes first.</summary>
    public bool ExpertsTakeTurns { get; init; }

    /// <summary>Whether a checkpoint has the experts stacked where it does not have them one by one.</summary>
    public bool ExpertsStacked { get; init; }

    public string SharedExpert { get; init; } = "mlp.shared_expert.";

    /// <summary>The shared expert's name where there may be several of them in one.</summary>
    public const string SharedExperts = "mlp.shared_experts.";

    /// <summary>Gate and up of the shared expert in one, after its prefix; null where they are apart.</summary>
    public string? SharedGateUp { get; init; }

    /// <summary>Down of the shared expert, after its prefix; null where it is called like the others'.</summary>
    public string? SharedDown { get; init; }

    public string SharedGate { get; init; } = "mlp.shared_expert_gate";

    /// <summary>Whether weights of a layer's products are kept as [inputs, outputs] (GPT-2).</summary>
    public bool ByInput { get; init; }
}
