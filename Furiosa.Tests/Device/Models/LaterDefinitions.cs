using static Furiosa.Tests.Device.Models.DefinitionMath;
using static Furiosa.Tests.Device.Models.DefinitionTests;

namespace Furiosa.Tests.Device.Models;

/// <summary>The definitions of families with latent attention, grouped experts, chunks, growing queries or norms after rotation, and of Falcon.</summary>
internal static class LaterDefinitions
{
    internal const string Latent = """
        "kv_lora_rank":20,"qk_nope_head_dim":6,"qk_rope_head_dim":4,"v_head_dim":9,"rope_interleave":true
        """;

    internal const string Grouped = """
        "n_routed_experts":9,"num_experts_per_tok":3,"moe_intermediate_size":37,"n_shared_experts":2,"n_group":3,"topk_group":2,"first_k_dense_replace":1,"routed_scaling_factor":1.7
        """;

    private const string Yarn = """
        "rope_scaling":{"type":"yarn","factor":4.0,"original_max_position_embeddings":32,"beta_fast":4,"beta_slow":1,"mscale":0.7,"mscale_all_dim":1.2}
        """;

    internal static readonly double[] HalfFrequencies = Frequencies(4, 10000);

    internal static IEnumerable<TestCaseData> Cases() =>
    [
        Case("glm4-moe", $$"""{"architectures":["Glm4MoeForCausalLM"],{{Sizes}},{{Grouped}},"partial_rotary_factor":0.4,"attention_bias":true,"use_qk_norm":true,"norm_topk_prob":true}""",
            m => Decoder(m, new Recipe(m)
            {
                QkNorm = PerHead(m), Rotate = (row, p) => RotateHalves(row, Dim, p, HalfFrequencies), Mlp = (h, name, layer) => layer == 0 ? GatedMlp(m, h, name + "mlp.") : SigmoidExperts(m, h, name, true),
            })),
        Case("dots1", $$"""{"architectures":["Dots1ForCausalLM"],{{Sizes}},{{Grouped}},"sliding_window":5,"max_window_layers":1}""",
            m => Decoder(m, new Recipe(m)
            {
                QkNorm = PerHead(m), Window = layer => layer >= 1 ? 5 : int.MaxValue, Mlp = (h, name, layer) => layer == 0 ? GatedMlp(m, h, name + "mlp.") : SigmoidExperts(m, h, name, false),
            })),
        Case("minimax-m2", $$"""{"architectures":["MiniMaxM2ForCausalLM"],{{Sizes}},"rotary_dim":4,"num_local_experts":5,"num_experts_per_tok":2,"shared_intermediate_size":0}""",
            m => Decoder(m, new Recipe(m)
            {
                QkNorm = (row, name) => m.Rms(row, name, Epsilon), Rotate = (row, p) => RotateHalves(row, Dim, p, Frequencies(4, 5e6)), Mlp = (h, name, _) => MiniMax(m, h, name + "block_sparse_moe."),
            })),
        Case("ernie-moe", $$"""
            {"architectures":["Ernie4_5_MoeForCausalLM"],{{Sizes}},"moe_num_experts":5,"moe_k":2,"moe_intermediate_size":37,"moe_num_shared_experts":2,"rope_theta":500.0,"tie_word_embeddings":false}
            """,
            m => Decoder(m, new Recipe(m) { Rotate = (row, p) => RotatePairs(row, Dim, p, Frequencies(Dim, 500)), Mlp = (h, name, layer) => layer == 0 ? GatedMlp(m, h, name + "mlp.") : Ernie(m, h, name) })),
        Case("deepseek-v2", $$"""{"architectures":["DeepseekV2ForCausalLM"],{{Sizes}},{{Latent}},{{Grouped}},"q_lora_rank":null,"topk_method":"group_limited_greedy",{{Yarn}} }""",
            m => Decoder(m, new Recipe(m) { Attention = (h, name) => LatentAttention(m, h, name, YarnFrequencies, true, YarnCosine, YarnScale), Mlp = (h, name, layer) => layer == 0 ? GatedMlp(m, h, name + "mlp.") : SoftmaxExperts(m, h, name) })),
        Case("deepseek-v3", $$"""{"architectures":["DeepseekV3ForCausalLM"],{{Sizes}},{{Latent}},{{Grouped}},"q_lora_rank":24,"norm_topk_prob":true,{{Yarn}} }""",
            m => Decoder(m, new Recipe(m) { Attention = (h, name) => LatentAttention(m, h, name, YarnFrequencies, true, YarnCosine, YarnScale), Mlp = (h, name, layer) => layer == 0 ? GatedMlp(m, h, name + "mlp.") : SigmoidExperts(m, h, name, true) })),
        Case("glm4-moe-lite", $$"""
            {"architectures":["Glm4MoeLiteForCausalLM"],{{Sizes}},{{Latent}},{{Grouped}},"q_lora_rank":24,"attention_bias":true,"mlp_layer_types":["dense","sparse","sparse"]}
            """,
            m => Decoder(m, new Recipe(m) { Attention = (h, name) => LatentAttention(m, h, name, HalfFrequencies, true, 1, 1), Mlp = (h, name, layer) => layer == 0 ? GatedMlp(m, h, name + "mlp.") : SigmoidExperts(m, h, name, true) })),
        Case("minicpm3", $$"""{"architectures":["MiniCPM3ForCausalLM"],{{Sizes}},{{Latent}},"q_lora_rank":24,"scale_emb":3.0,"scale_depth":1.4,"dim_model_base":11,"tie_word_embeddings":false}""",
            m => Decoder(m, new Recipe(m) { EmbeddingScale = 3, ResidualScale = 1.4 / Math.Sqrt(3), LogitScale = 11.0 / 44, Attention = (h, name) => LatentAttention(m, h, name, HalfFrequencies, false, 1, 1) })),
        Case("llama4", $$"""
            {"architectures":["Llama4ForCausalLM"],{{Sizes}},"intermediate_size_mlp":51,"num_local_experts":5,"num_experts_per_tok":2,"interleave_moe_layer_step":2,"no_rope_layers":[1,0,1],
             "attention_chunk_size":5,"floor_scale":4,"attn_scale":0.3,"attn_temperature_tuning":true,"rope_theta":10000.0}
            """, Llama4),
        Case("ministral3", $$"""
            {"architectures":["Ministral3ForCausalLM"],{{Sizes}},"rope_parameters":{"rope_type":"default","rope_theta":10000.0,"llama_4_scaling_beta":0.3,"original_max_position_embeddings":7} }
            """, m => Decoder(m, new Recipe(m) { Growth = (p, _) => 1 + 0.3 * Math.Log(1 + p / 7) })),
        Case("hunyuan", $$"""{"architectures":["HunYuanDenseV1ForCausalLM"],{{Sizes}},"rope_scaling":{"type":"dynamic","alpha":50.0,"factor":1.0} }""",
            m => Decoder(m, new Recipe(m) { NormLast = true, QkNorm = PerHead(m), Rotate = (row, p) => RotateHalves(row, Dim, p, Frequencies(Dim, 10000 * Math.Pow(50, Dim / (Dim - 2.0)))) })),
        Case("granite-hybrid", $$"""
            {"architectures":["GraniteMoeHybridForCausalLM"],{{Sizes}},"shared_intermediate_size":75,"num_local_experts":0,"layer_types":["attention","attention","attention"],"position_embedding_type":"rope",
             "embedding_multiplier":3.0,"attention_multiplier":0.2,"residual_multiplier":0.4,"logits_scaling":5.0}
            """, m => GraniteHybrid(m, true)),
        Case("granite-hybrid without positions", $$"""
            {"architectures":["GraniteMoeHybridForCausalLM"],{{Sizes}},"shared_intermediate_size":75,"num_local_experts":0,"layer_types":["attention","attention","attention"],
             "embedding_multiplier":3.0,"attention_multiplier":0.2,"residual_multiplier":0.4,"logits_scaling":5.0}
            """, m => GraniteHybrid(m, false)),
        Case("opt", """
            {"architectures":["OPTForCausalLM"],"hidden_size":48,"ffn_dim":75,"num_attention_heads":6,"num_hidden_layers":3,"vocab_size":83,"max_position_embeddings":64,"word_embed_proj_dim":48}
            """, Opt),
        Case("bigcode", """{"architectures":["GPTBigCodeForCausalLM"],"n_embd":48,"n_inner":75,"n_head":6,"n_layer":3,"vocab_size":83,"n_positions":64,"multi_query":true}""", BigCode),
        Case("gpt-neo", """
            {"architectures":["GPTNeoForCausalLM"],"hidden_size":48,"intermediate_size":75,"num_heads":6,"num_layers":3,"vocab_size":83,"max_position_embeddings":64,"window_size":5,
             "attention_layers":["global","local","global"]}
            """, GptNeo),
        Case("helium", $$"""{"architectures":["HeliumForCausalLM"],{{Sizes}} }""", m => Decoder(m, new Recipe(m) { Rotate = (row, p) => RotatePairs(row, Dim, p, Frequencies(Dim, 100000)) })),
        Case("persimmon", """
            {"architectures":["PersimmonForCausalLM"],"hidden_size":48,"intermediate_size":75,"num_attention_heads":6,"num_hidden_layers":3,"vocab_size":83,"max_position_embeddings":64,
             "partial_rotary_factor":0.5,"rope_theta":10000.0}
            """, Persimmon),
        Case("flex-olmo", $$"""{"architectures":["FlexOlmoForCausalLM"],{{Sizes}},"num_experts":5,"num_experts_per_tok":2,"rope_theta":10000.0}""",
            m => Decoder(m, new Recipe(m)
            {
                Norm = (row, _) => row, PostNorms = true, FinalNorm = null, QkNorm = (row, name) => m.Rms(row, name, Epsilon),
                Mlp = (h, name, _) => Experts(m, h, name, m.Linear(name + "mlp.gate", h), 2, normalized: false),
            })),
        Case("hunyuan-moe", $$"""
            {"architectures":["HunYuanMoEV1ForCausalLM"],{{Sizes}},"num_experts":5,"moe_topk":[2,2,2],"moe_intermediate_size":[37,37,37],"num_shared_expert":[1,1,1]}
            """,
            m => Decoder(m, new Recipe(m)
            {
                NormLast = true, QkNorm = PerHead(m),
                Mlp = (h, name, _) => Add(Experts(m, h, name, m.Linear(name + "mlp.gate.wg", h), 2, normalized: true), GatedMlp(m, h, name + "mlp.shared_mlp.")),
            })),
        Case("ling", $$"""
            {"architectures":["BailingMoeV2ForCausalLM"],{{Sizes}},"num_experts":9,"num_experts_per_tok":3,"moe_intermediate_size":37,"num_shared_experts":2,"n_group":3,"topk_group":2,
             "first_k_dense_replace":1,"routed_scaling_factor":1.7,"partial_rotary_factor":0.4}
            """, Ling),
        Case("falcon-7b", """{"architectures":["FalconForCausalLM"],"hidden_size":48,"num_attention_heads":6,"num_hidden_layers":3,"vocab_size":83,"multi_query":true,"parallel_attn":true,"bias":false}""",
            m => Falcon(m, 1, "input_layernorm", "input_layernorm")),
        Case("falcon-40b", """
            {"architectures":["FalconForCausalLM"],"hidden_size":48,"num_attention_heads":6,"num_kv_heads":3,"num_hidden_layers":3,"vocab_size":83,"new_decoder_architecture":true,"bias":true,
             "tie_word_embeddings":false}
            """, m => Falcon(m, 3, "ln_attn", "ln_mlp")),
    ];

    private static double[] YarnFrequencies
    {
        get
        {
            double Correction(double turns) => 4 * Math.Log(32 / (turns * 2 * Math.PI)) / (2 * Math.Log(10000));
            double low = Math.Max(0, Math.Floor(Correction(4))), high = Math.Min(3, Math.Ceiling(Correction(1)));
            return [.. HalfFrequencies.Select((frequency, i) => Math.Clamp((i - low) / (high - low), 0, 1) is var ramp ? frequency / 4 * ramp + frequency * (1 - ramp) : 0)];
        }
    }

    private static double YarnCosine => (0.07 * Math.Log(4) + 1) / (0.12 * Math.Log(4) + 1);

    private static double YarnScale => Math.Pow(0.12 * Math.Log(4) + 1, 2);

    internal static Func<double[], string, double[]> PerHead(DefinitionMath m) => (row, name) => [.. row.Chunk(Dim).SelectMany(head => m.Rms(head, name, Epsilon))];

    /// <summary>All heads' outputs of latent attention, whose vectors are normed with an epsilon of their own.</summary>
    internal static double[][] LatentAttention(DefinitionMath m, double[][] h, string name, double[] frequencies, bool pairs, double cosine, double scale)
    {
        double[] Turned(double[] row, int p) => Times(pairs ? RotatePairs(row, 4, p, frequencies) : RotateHalves(row, 4, p, frequencies), cosine);
        string own = name + "self_attn.";
        var (queries, keys, values) = (new double[h.Length][], new double[h.Length][], new double[h.Length][]);
        for (int p = 0; p < h.Length; p++)
        {
            double[] query = m[own + "q_proj.weight"] is null ? m.Linear(own + "q_b_proj", m.Rms(m.Linear(own + "q_a_proj", h[p]), own + "q_a_layernorm", 1e-6)) : m.Linear(own + "q_proj", h[p]);
            double[] down = m.Linear(own + "kv_a_proj_with_mqa", h[p]), turned = Turned(down[20..], p);
            double[][] up = [.. m.Linear(own + "kv_b_proj", m.Rms(down[..20], own + "kv_a_layernorm", 1e-6)).Chunk(15)];
            queries[p] = [.. query.Chunk(Dim).SelectMany(head => head[..6].Concat(Turned(head[6..], p)))];
            keys[p] = [.. up.SelectMany(head => head[..6].Concat(turned))];
            values[p] = [.. up.SelectMany(head => head[6..])];
        }

        return Attend(queries, keys, values, Dim, scale / Math.Sqrt(Dim));
    }

    /// <summary>Of three groups of three the best two by their best two, three experts of them, and a shared one.</summary>
    internal static double[] SigmoidExperts(DefinitionMath m, double[] h, string name, bool normalized, string corrections = "e_score_correction_bias")
    {
        double[] shares = Map(m.Linear(name + "mlp.gate", h), x => 1 / (1 + Math.Exp(-x))), ranks = Add(shares, m.Tensor($"{name}mlp.gate.{corrections}"));
        int[] chosen = Best(ranks, group => group.OrderDescending().Take(2).Sum());
        return Chosen(m, h, name, chosen, [.. chosen.Select(expert => 1.7 * shares[expert] / (normalized ? chosen.Sum(other => shares[other]) : 1))]);
    }

    /// <summary>The same by shares of the softmax and the best of each group.</summary>
    private static double[] SoftmaxExperts(DefinitionMath m, double[] h, string name)
    {
        double[] shares = Softmax(m.Linear(name + "mlp.gate", h));
        int[] chosen = Best(shares, group => group.Max());
        return Chosen(m, h, name, chosen, [.. chosen.Select(expert => 1.7 * shares[expert])]);
    }

    private static int[] Best(double[] ranks, Func<double[], double> rankOf)
    {
        int[] groups = [.. Enumerable.Range(0, 3).OrderByDescending(group => rankOf(ranks[(3 * group)..(3 * group + 3)])).Take(2)];
        return [.. Enumerable.Range(0, 9).Where(expert => groups.Contains(expert / 3)).OrderByDescending(expert => ranks[expert]).Take(3)];
    }

    private static double[] Chosen(DefinitionMath m, double[] h, string name, int[] chosen, double[] weights)
    {
        double[] sum = GatedMlp(m, h, name + "mlp.shared_experts.");
        for (int i = 0; i < chosen.Length; i++) sum = Add(sum, Times(GatedMlp(m, h, $"{name}mlp.experts.{chosen[i]}."), weights[i]));
        return sum;
    }

    private static double[] Ernie(DefinitionMath m, double[] h, string name)
    {
        double[] shares = Softmax(m.Linear(name + "mlp.gate", h)), ranks = Add(shares, m.Tensor(name + "mlp.moe_statics.e_score_correction_bias"));
        int[] chosen = [.. Enumerable.Range(0, 5).OrderByDescending(expert => ranks[expert]).Take(2)];
        return Chosen(m, h, name, chosen, [.. chosen.Select(expert => shares[expert] / chosen.Sum(other => shares[other]))]);
    }

    private static double[] MiniMax(DefinitionMath m, double[] h, string name)
    {
        double[] shares = Map(m.Linear(name + "gate", h), x => 1 / (1 + Math.Exp(-x))), ranks = Add(shares, m.Tensor(name + "e_score_correction_bias")), sum = new double[Hidden];
        int[] chosen = [.. Enumerable.Range(0, 5).OrderByDescending(expert => ranks[expert]).Take(2)];
        foreach (int expert in chosen)
        {
            string own = $"{name}experts.{expert}.";
            sum = Add(sum, Times(m.Linear(own + "w2", Times(Map(m.Linear(own + "w1", h), Silu), m.Linear(own + "w3", h))), shares[expert] / chosen.Sum(other => shares[other])));
        }

        return sum;
    }

    private static double[][] Llama4(DefinitionMath m) => Decoder(m, new Recipe(m)
    {
        RotateAt = (row, p, layer) => layer == 1 ? row : [.. RotatePairs(row, Dim, p, Frequencies(Dim, 10000)).Chunk(Dim).SelectMany(head => Rms(head, [.. Enumerable.Repeat(1.0, Dim)], Epsilon))],
        Chunk = layer => layer == 1 ? null : 5, Growth = (p, layer) => layer == 1 ? 1 + 0.3 * Math.Log(1 + (p + 1) / 4) : 1,
        Mlp = (h, name, layer) =>
        {
            string own = name + "feed_forward.";
            if (layer != 1) return GatedMlp(m, h, own);
            double[] logits = m.Linear(own + "router", h), sum = GatedMlp(m, h, own + "shared_expert."), both = m.Tensor(own + "experts.gate_up_proj"), down = m.Tensor(own + "experts.down_proj");
            foreach (int expert in Enumerable.Range(0, 5).OrderByDescending(expert => logits[expert]).Take(2))
            {
                double[] input = Times(h, 1 / (1 + Math.Exp(-logits[expert])));
                double[] Column(double[] stacked, double[] x, int outputs) =>
                    [.. Enumerable.Range(0, outputs).Select(n => x.Select((value, k) => value * stacked[(expert * x.Length + k) * outputs + n]).Sum())];
                double[] wide = Column(both, input, 2 * Ffn);
                sum = Add(sum, Column(down, Times(Map(wide[..Ffn], Silu), wide[Ffn..]), Hidden));
            }

            return sum;
        },
    });

    private static double[][] GraniteHybrid(DefinitionMath m, bool rotates) => Decoder(m, new Recipe(m)
    {
        EmbeddingScale = 3, AttentionScale = 0.2, ResidualScale = 0.4, LogitScale = 1 / 5.0, RotateAt = (row, p, _) => rotates ? RotateHalves(row, Dim, p, Frequencies(Dim, 10000)) : row,
        Mlp = (h, name, _) =>
        {
            double[] both = m.Linear(name + "shared_mlp.input_linear", h);
            return m.Linear(name + "shared_mlp.output_linear", Times(Map(both[..Ffn], Silu), both[Ffn..]));
        },
    });

    private static double[][] Ling(DefinitionMath m) => Decoder(m, new Recipe(m)
    {
        Embedding = "model.word_embeddings", Output = "attention.dense", Rotate = (row, p) => RotateHalves(row, Dim, p, HalfFrequencies),
        Qkv = (h, name) => m.Linear(name + "attention.query_key_value", h) is var qkv ? (qkv[..60], qkv[60..90], qkv[90..]) : default,
        QkNorm = (row, name) => PerHead(m)(row, name.Replace("self_attn.q_norm", "attention.query_layernorm", StringComparison.Ordinal).Replace("self_attn.k_norm", "attention.key_layernorm", StringComparison.Ordinal)),
        Mlp = (h, name, layer) => layer == 0 ? GatedMlp(m, h, name + "mlp.") : SigmoidExperts(m, h, name, true, "expert_bias"),
    });

    private static double[][] Persimmon(DefinitionMath m)
    {
        double[] Part(double[] qkv, int part) => [.. Enumerable.Range(0, 6).SelectMany(head => qkv.AsSpan((3 * head + part) * 8, 8).ToArray())];
        double[] Normed(double[] row, string name, int p) =>
            RotateHalves([.. row.Chunk(8).SelectMany(head => m.LayerNorm(head, name, Epsilon))], 8, p, HalfFrequencies);
        double[][] x = [.. Prompt.Select(id => m.Embed("model.embed_tokens.weight", id, 48))];
        for (int layer = 0; layer < Layers; layer++)
        {
            string name = $"model.layers.{layer}.";
            double[][] qkv = [.. x.Select(row => m.Linear(name + "self_attn.query_key_value", m.LayerNorm(row, name + "input_layernorm", Epsilon)))];
            double[][] a = Attend(
                [.. qkv.Select((row, p) => Normed(Part(row, 0), name + "self_attn.q_layernorm", p))], [.. qkv.Select((row, p) => Normed(Part(row, 1), name + "self_attn.k_layernorm", p))],
                [.. qkv.Select(row => Part(row, 2))], 8, 1 / Math.Sqrt(8));
            x = [.. x.Select((row, p) => Add(row, m.Linear(name + "self_attn.dense", a[p])))];
            x = [.. x.Select(row => Add(row, m.Linear(name + "mlp.dense_4h_to_h", Map(
                m.Linear(name + "mlp.dense_h_to_4h", m.LayerNorm(row, name + "post_attention_layernorm", Epsilon)), value => Math.Max(value, 0) * Math.Max(value, 0)))))];
        }

        return [.. x.Select(row => m.Linear("lm_head", m.LayerNorm(row, "model.final_layernorm", Epsilon)))];
    }

    private static double[][] Opt(DefinitionMath m) => Learned(m, "model.decoder.embed_tokens", "model.decoder.embed_positions", 2, "model.decoder.final_layer_norm", "model.decoder.layers.", 6,
        ("self_attn_layer_norm", "self_attn.out_proj", "final_layer_norm", "fc1", "fc2"), x => Math.Max(0, x),
        (h, name) => (m.Linear(name + "self_attn.q_proj", h), m.Linear(name + "self_attn.k_proj", h), m.Linear(name + "self_attn.v_proj", h)));

    private static double[][] GptNeo(DefinitionMath m) => Learned(m, "transformer.wte", "transformer.wpe", 0, "transformer.ln_f", "transformer.h.", 6,
        ("ln_1", "attn.attention.out_proj", "ln_2", "mlp.c_fc", "mlp.c_proj"), GeluTanh,
        (h, name) => (m.Linear(name + "attn.attention.q_proj", h), m.Linear(name + "attn.attention.k_proj", h), m.Linear(name + "attn.attention.v_proj", h)),
        1, layer => layer == 1 ? 5 : int.MaxValue);

    private static double[][] BigCode(DefinitionMath m) => Learned(m, "transformer.wte", "transformer.wpe", 0, "transformer.ln_f", "transformer.h.", 1,
        ("ln_1", "attn.c_proj", "ln_2", "mlp.c_fc", "mlp.c_proj"), GeluTanh, (h, name) => m.Linear(name + "attn.c_attn", h) is var qkv ? (qkv[..48], qkv[48..56], qkv[56..]) : default);

    private static double[][] Learned(
        DefinitionMath m, string embedding, string positions, int first, string finalNorm, string layers, int kvHeads,
        (string Norm, string Output, string MlpNorm, string Up, string Down) names, Func<double, double> activation, Func<double[], string, (double[], double[], double[])> project,
        double? scale = null, Func<int, int>? window = null)
    {
        double[][] x = [.. Prompt.Select((id, p) => Add(m.Embed(embedding + ".weight", id, 48), m.Embed(positions + ".weight", p + first, 48)))];
        for (int layer = 0; layer < Layers; layer++)
        {
            string name = $"{layers}{layer}.";
            (double[] Query, double[] Key, double[] Value)[] qkv = [.. x.Select(row => project(m.LayerNorm(row, name + names.Norm, Epsilon), name))];
            Assert.That(qkv[0].Key, Has.Length.EqualTo(8 * kvHeads));
            double[][] a = Attend([.. qkv.Select(row => row.Query)], [.. qkv.Select(row => row.Key)], [.. qkv.Select(row => row.Value)], 8, scale ?? 1 / Math.Sqrt(8), window?.Invoke(layer) ?? int.MaxValue);
            x = [.. x.Select((row, p) => Add(row, m.Linear(name + names.Output, a[p])))];
            x = [.. x.Select(row => Add(row, m.Linear(name + names.Down, Map(m.Linear(name + names.Up, m.LayerNorm(row, name + names.MlpNorm, Epsilon)), activation))))];
        }

        return [.. x.Select(row => m.Linear(embedding, m.LayerNorm(row, finalNorm, Epsilon)))];
    }

    private static double[][] Falcon(DefinitionMath m, int kvHeads, string attentionNorm, string mlpNorm)
    {
        const int dim = 8;
        double[] frequencies = Frequencies(dim, 10000);
        int group = 6 / kvHeads;
        double[] Part(double[] qkv, int first, int count) => [.. Enumerable.Range(0, kvHeads).SelectMany(kv => qkv.AsSpan((kv * (group + 2) + first) * dim, count * dim).ToArray())];
        double[][] x = [.. Prompt.Select(id => m.Embed("transformer.word_embeddings.weight", id, 48))];
        for (int layer = 0; layer < Layers; layer++)
        {
            string name = $"transformer.h.{layer}.";
            double[][] qkv = [.. x.Select(row => m.Linear(name + "self_attention.query_key_value", m.LayerNorm(row, name + attentionNorm, Epsilon)))];
            double[][] a = Attend(
                [.. qkv.Select((row, p) => RotateHalves(Part(row, 0, group), dim, p, frequencies))], [.. qkv.Select((row, p) => RotateHalves(Part(row, group, 1), dim, p, frequencies))],
                [.. qkv.Select(row => Part(row, group + 1, 1))], dim, 1 / Math.Sqrt(dim));
            x = [.. x.Select((row, p) => Add(row, Add(
                m.Linear(name + "self_attention.dense", a[p]), m.Linear(name + "mlp.dense_4h_to_h", Map(m.Linear(name + "mlp.dense_h_to_4h", m.LayerNorm(row, name + mlpNorm, Epsilon)), Gelu)))))];
        }

        string head = m["lm_head.weight"] is null ? "transformer.word_embeddings" : "lm_head";
        return [.. x.Select(row => m.Linear(head, m.LayerNorm(row, "transformer.ln_f", Epsilon)))];
    }
}
