using static Furiosa.Tests.Device.Models.DefinitionMath;
using static Furiosa.Tests.Device.Models.DefinitionTests;

namespace Furiosa.Tests.Device.Models;

/// <summary>The definitions of families with Mamba 2 blocks: Granite 4 H, Bamba, Nemotron-H and Mamba 2 itself.</summary>
internal static class MambaDefinitions
{
    private const string Common = """
        "hidden_size":44,"intermediate_size":75,"num_attention_heads":6,"num_key_value_heads":3,"vocab_size":83,"max_position_embeddings":128
        """;

    private const string Blocks = """
        "mamba_n_heads":8,"mamba_d_state":10,"mamba_d_conv":4,"mamba_expand":2,"rms_norm_eps":1e-5
        """;

    private const string Multipliers = """
        "embedding_multiplier":3.0,"attention_multiplier":0.2,"residual_multiplier":0.4,"logits_scaling":5.0
        """;

    private const string Own = """
        "mamba_num_heads":6,"mamba_head_dim":11,"ssm_state_size":10,"n_groups":3,"conv_kernel":4,"layer_norm_epsilon":1e-5
        """;

    private const string Routed = """
        "n_routed_experts":7,"num_experts_per_tok":3,"moe_intermediate_size":37,"moe_shared_expert_intermediate_size":50,"routed_scaling_factor":1.7,"n_group":1,"topk_group":1,"norm_topk_prob":true
        """;

    /// <summary>Dense, without positions, one group of eight heads.</summary>
    internal const string Granite = $$"""
        {"architectures":["GraniteMoeHybridForCausalLM"],{{Common}},"head_dim":10,{{Blocks}},{{Multipliers}},"num_hidden_layers":4,"mamba_n_groups":1,"mamba_d_head":11,"shared_intermediate_size":75,"num_local_experts":0,
         "position_embedding_type":"nope","layer_types":["mamba","attention","mamba","mamba"]}
        """;

    internal static readonly string GraniteMoe = Granite.Replace("\"shared_intermediate_size\":75,\"num_local_experts\":0", "\"shared_intermediate_size\":51,\"num_local_experts\":5,\"num_experts_per_tok\":2", StringComparison.Ordinal);

    internal const string Bamba = $$"""
        {"architectures":["BambaForCausalLM"],{{Common}},{{Blocks}},"num_hidden_layers":4,"mamba_n_groups":1,"mamba_d_head":"auto","head_dim":8,"attn_layer_indices":[2],"attn_rotary_emb":4,"rope_theta":10000.0}
        """;

    internal const string Nemotron = $$"""
        {"architectures":["NemotronHForCausalLM"],{{Common}},"head_dim":10,{{Own}},"num_hidden_layers":6,"hybrid_override_pattern":"M-M*-M","mlp_hidden_act":"relu2","time_step_limit":[0.0, Infinity]}
        """;

    internal static readonly string NemotronMoe = $$"""
        {"architectures":["NemotronHForCausalLM"],{{Common}},"head_dim":10,{{Own}},"hybrid_override_pattern":"ME*ME","num_hidden_layers":5,{{Routed}},"mamba_hidden_act":"silu","moe_latent_size":null,"sliding_window":null}
        """;

    internal const string Mamba2 = """
        {"architectures":["Mamba2ForCausalLM"],"hidden_size":33,"num_hidden_layers":3,"vocab_size":83,"num_heads":6,"head_dim":11,"state_size":10,"n_groups":3,"conv_kernel":4,"expand":2,
         "layer_norm_epsilon":1e-5,"time_step_limit":[0.0, Infinity],"norm_before_gate":true,"rms_norm":true,"residual_in_fp32":true}
        """;

    internal static IEnumerable<TestCaseData> Cases() =>
    [
        Case("granite-h", Granite, m => Decoder(m, Graniter(m) with { Layers = "MAMM" })),
        Case("granite-h, rotated, four groups, biases, limited steps", Granite.Replace("\"mamba_n_groups\":1", "\"mamba_n_groups\":4,\"mamba_proj_bias\":true,\"mamba_conv_bias\":false,\"time_step_limit\":[0.5,1.25],\"attention_bias\":true", StringComparison.Ordinal)
            .Replace("nope", "rope", StringComparison.Ordinal), m => Decoder(m, Graniter(m) with { Layers = "MAMM", Groups = 4, Least = 0.5, Most = 1.25, Rotated = 10 })),
        Case("granite-h, experts", GraniteMoe, m => Decoder(m, Graniter(m) with
        {
            Layers = "MAMM", Mlp = (h, name, _) => m.Linear(name + "shared_mlp.input_linear", h) is var both
                ? Add(GraniteExperts(m, h, name), m.Linear(name + "shared_mlp.output_linear", Times(Map(both[..51], Silu), both[51..]))) : h,
        })),
        Case("bamba", Bamba, m => Decoder(m, Bambino(m) with { Rotated = 4 })),
        // What llama.cpp turns as it does: its converter puts pairs of a whole head side by side.
        Case("bamba, whole heads", Bamba.Replace("\"attn_rotary_emb\":4", "\"attn_rotary_emb\":8,\"partial_rotary_factor\":1.0", StringComparison.Ordinal), m => Decoder(m, Bambino(m) with { Rotated = 8 })),
        Case("nemotron-h", Nemotron, m => Decoder(m, Nvidia(m) with { Layers = "M-MA-M" })),
        Case("nemotron-h, listed, biases", Nemotron.Replace("\"num_hidden_layers\":6,\"hybrid_override_pattern\":\"M-M*-M\"", """
            "layers_block_type":["linear_attention","full_attention","mlp"],"use_bias":true,"mlp_bias":true,"attention_bias":true,"mamba_conv_bias":false,"tie_word_embeddings":true
            """, StringComparison.Ordinal), m => Decoder(m, Nvidia(m) with { Layers = "MA-", Head = "backbone.embeddings" })),
        Case("nemotron-h, experts", NemotronMoe, m => Decoder(m, Nvidia(m) with { Layers = "M-AM-", Mlp = (h, name, _) => Experts(m, h, name + "mixer.") })),
        Case("mamba2", Mamba2, m => Decoder(m, Nvidia(m) with { Layers = "MMM", Hidden = 33 })),
        Case("mamba2, one group, tied", Mamba2.Replace("\"n_groups\":3", "\"n_groups\":1,\"tie_word_embeddings\":true,\"use_bias\":true,\"use_conv_bias\":false", StringComparison.Ordinal)
            .Replace("[0.0, Infinity]", "[0.25,{\"__float__\":\"Infinity\"}]", StringComparison.Ordinal),
            m => Decoder(m, Nvidia(m) with { Layers = "MMM", Hidden = 33, Groups = 1, NormGroups = 1, Least = 0.25, Head = "backbone.embeddings" })),
    ];

    private static Shape Graniter(DefinitionMath m) => new()
    {
        EmbeddingScale = 3, AttentionScale = 0.2, ResidualScale = 0.4, LogitScale = 1 / 5.0,
        Mlp = (h, name, _) => m.Linear(name + "shared_mlp.input_linear", h) is var both ? m.Linear(name + "shared_mlp.output_linear", Times(Map(both[..75], Silu), both[75..])) : h,
    };

    private static Shape Bambino(DefinitionMath m) => new()
    {
        Layers = "MMAM", HeadDim = 8, FinalNorm = "model.final_layernorm", MlpNorm = "pre_ff_layernorm",
        Mlp = (h, name, _) => m.Linear(name + "feed_forward.down_proj", Times(Map(m.Linear(name + "feed_forward.gate_proj", h), Silu), m.Linear(name + "feed_forward.up_proj", h))),
    };

    // One norm a layer; Mamba 2 itself has the same names.
    private static Shape Nvidia(DefinitionMath m) => new()
    {
        Root = "backbone.", Embedding = "embeddings", FinalNorm = "backbone.norm_f", MixerNorm = "norm", Mixer = "mixer.", Attention = "mixer.", MlpNorm = "norm", HasOnePart = true,
        Heads = 6, Groups = 3, NormGroups = 3,
        Mlp = (h, name, _) => m.Linear(name + "mixer.down_proj", Map(m.Linear(name + "mixer.up_proj", h), ReluSquared)),
    };

    private static double[][] Decoder(DefinitionMath m, Shape shape)
    {
        double[][] x = [.. Prompt.Select(id => Times(m.Embed(shape.Root + shape.Embedding + ".weight", id, shape.Hidden), shape.EmbeddingScale))];
        for (int layer = 0; layer < shape.Layers.Length; layer++)
        {
            string name = $"{shape.Root}layers.{layer}.";
            int index = layer;
            if (shape.Layers[layer] != '-')
            {
                double[][] h = [.. x.Select(row => m.Rms(row, name + shape.MixerNorm, Epsilon))];
                double[][] mixed = shape.Layers[layer] == 'M' ? Block(m, h, name + shape.Mixer, shape) : Attended(m, h, name + shape.Attention, shape);
                x = [.. x.Select((row, p) => Add(row, Times(mixed[p], shape.ResidualScale)))];
            }

            if (shape.HasOnePart && shape.Layers[layer] != '-') continue;
            x = [.. x.Select(row => Add(row, Times(shape.Mlp(m.Rms(row, name + shape.MlpNorm, Epsilon), name, index), shape.ResidualScale)))];
        }

        return [.. x.Select(row => Times(m.Linear(shape.Head, m.Rms(row, shape.FinalNorm, Epsilon)), shape.LogitScale))];
    }

    /// <summary>Position after position: each head's state fades with its step, takes up the value times the key, and is read by the query.</summary>
    private static double[][] Block(DefinitionMath m, double[][] h, string name, Shape shape)
    {
        const int dim = 11, n = 10;
        int width = shape.Heads * dim, keys = shape.Groups * n, perGroup = shape.Heads / shape.Groups;
        double[][] parts = [.. h.Select(row => m.Linear(name + "in_proj", row))], mixed = new double[h.Length][];
        double[][] convolved = RecurrentDefinitions.Convolved(m, [.. parts.Select(row => row[width..(2 * (width + keys))])], name + "conv1d", 4);
        double[] logarithms = m.Tensor(name + "A_log"), bias = m.Tensor(name + "dt_bias"), skips = m.Tensor(name + "D"), weight = m.Tensor(name + "norm.weight");
        var states = new double[shape.Heads * dim * n];
        for (int p = 0; p < h.Length; p++)
        {
            var y = new double[width];
            for (int head = 0; head < shape.Heads; head++)
            {
                double step = Math.Clamp(RecurrentDefinitions.Softplus(parts[p][2 * (width + keys) + head] + bias[head]), shape.Least, shape.Most), fade = Math.Exp(-Math.Exp(logarithms[head]) * step);
                int key = width + head / perGroup * n;
                for (int d = 0; d < dim; d++)
                {
                    double value = convolved[p][head * dim + d], sum = skips[head] * value;
                    for (int k = 0; k < n; k++)
                    {
                        ref double state = ref states[(head * dim + d) * n + k];
                        state = fade * state + step * value * convolved[p][key + k];
                        sum += convolved[p][key + keys + k] * state;
                    }

                    y[head * dim + d] = sum;
                }
            }

            double[] gated = Times(y, Map(parts[p][..width], Silu));
            mixed[p] = m.Linear(name + "out_proj", Times([.. gated.Chunk(width / shape.NormGroups).SelectMany(group => Rms(group, [.. group.Select(_ => 1.0)], Epsilon))], weight));
        }

        return mixed;
    }

    private static double[][] Attended(DefinitionMath m, double[][] h, string name, Shape shape)
    {
        double[] Prepared(double[] row, int p) => shape.Rotated == 0 ? row : RotateHalves(row, shape.HeadDim, p, Frequencies(shape.Rotated, 10000));
        double[][] a = Attend(
            [.. h.Select((row, p) => Prepared(m.Linear(name + "q_proj", row), p))], [.. h.Select((row, p) => Prepared(m.Linear(name + "k_proj", row), p))],
            [.. h.Select(row => m.Linear(name + "v_proj", row))], shape.HeadDim, shape.AttentionScale ?? 1 / Math.Sqrt(shape.HeadDim));
        return [.. a.Select(row => m.Linear(name + "o_proj", row))];
    }

    private static double[] Experts(DefinitionMath m, double[] h, string name)
    {
        double[] Plain(string expert) => m.Linear(expert + "down_proj", Map(m.Linear(expert + "up_proj", h), ReluSquared));
        double[] shares = Map(m.Linear(name + "gate", h), logit => 1 / (1 + Math.Exp(-logit))), ranks = Add(shares, m.Tensor(name + "gate.e_score_correction_bias")), sum = Plain(name + "shared_experts.");
        int[] chosen = [.. Enumerable.Range(0, 7).OrderByDescending(expert => ranks[expert]).Take(3)];
        double total = chosen.Sum(expert => shares[expert]) + 1e-20;
        foreach (int expert in chosen) sum = Add(sum, Times(Plain($"{name}experts.{expert}."), 1.7 * shares[expert] / total));
        return sum;
    }

    /// <summary>One model's sizes and names; of its layers M is a Mamba 2 block, A attention and - a feed-forward block alone.</summary>
    private sealed record Shape
    {
        public string Layers { get; init; } = "";

        public int Hidden { get; init; } = DefinitionTests.Hidden;

        public int Heads { get; init; } = 8;

        public int Groups { get; init; } = 1;

        public int NormGroups { get; init; } = 1;

        public int HeadDim { get; init; } = Dim;

        public int Rotated { get; init; }

        public double Least { get; init; }

        public double Most { get; init; } = double.PositiveInfinity;

        public double EmbeddingScale { get; init; } = 1;

        public double? AttentionScale { get; init; }

        public double ResidualScale { get; init; } = 1;

        public double LogitScale { get; init; } = 1;

        public string Root { get; init; } = "model.";

        public string Embedding { get; init; } = "embed_tokens";

        public string FinalNorm { get; init; } = "model.norm";

        public string Head { get; init; } = "lm_head";

        public string MixerNorm { get; init; } = "input_layernorm";

        public string Mixer { get; init; } = "mamba.";

        public string Attention { get; init; } = "self_attn.";

        public string MlpNorm { get; init; } = "post_attention_layernorm";

        /// <summary>Whether each layer is a mixer or a feed-forward block and not both.</summary>
        public bool HasOnePart { get; init; }

        public Func<double[], string, int, double[]> Mlp { get; init; } = (h, _, _) => h;
    }
}
