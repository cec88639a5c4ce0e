using Furiosa.Device.Execution;
using Furiosa.Device.Models;
using static Furiosa.Tests.Device.Models.DefinitionMath;

namespace Furiosa.Tests.Device.Models;

/// <summary>
/// Families without reference data against their definitions, written out in plain loops by Hugging Face's tensor names, on random
/// models whose sizes divide by nothing; and the numerics rule on the same models.
/// </summary>
[TestFixture]
internal sealed class DefinitionTests
{
    internal const int Hidden = 44;
    internal const int Heads = 6;
    internal const int KvHeads = 3;
    internal const int Dim = 10;
    internal const int Ffn = 75;
    private const int Vocabulary = 83;
    internal const int Layers = 3;
    internal const double Epsilon = 1e-5;

    internal static readonly int[] Prompt = [.. Enumerable.Range(0, 23).Select(i => i * 29 % Vocabulary)];
    private static readonly double Scale = 1 / Math.Sqrt(Dim);

    internal const string Sizes = """
        "hidden_size":44,"intermediate_size":75,"num_attention_heads":6,"num_key_value_heads":3,"head_dim":10,"num_hidden_layers":3,"vocab_size":83,
        "max_position_embeddings":128,"rms_norm_eps":1e-5,"layer_norm_eps":1e-5,"norm_epsilon":1e-5,"layer_norm_epsilon":1e-5
        """;

    /// <summary>In GPT-2's words, whose heads are as wide as hidden size over heads: 8.</summary>
    private const string GptSizes = """
        "n_embd":48,"n_inner":75,"n_head":6,"n_layer":3,"vocab_size":83,"n_positions":128,"layer_norm_epsilon":1e-5
        """;

    private static IEnumerable<TestCaseData> Cases() =>
    [
        Case("gptj", $$"""{"architectures":["GPTJForCausalLM"],{{GptSizes}},"rotary_dim":4,"activation_function":"gelu_new","tie_word_embeddings":false}""", GptJ),
        Case("exaone", $$"""{"architectures":["ExaoneForCausalLM"],{{Sizes}},"num_layers":3,"activation_function":"silu","tie_word_embeddings":false}""", Exaone),
        Case("neox", """
            {"architectures":["GPTNeoXForCausalLM"],"hidden_size":48,"intermediate_size":75,"num_attention_heads":6,"num_hidden_layers":3,"vocab_size":83,
             "max_position_embeddings":128,"layer_norm_eps":1e-5,"rotary_pct":0.5,"hidden_act":"gelu"}
            """, NeoX),
        Case("phi", $$"""{"architectures":["PhiForCausalLM"],{{Sizes}},"partial_rotary_factor":0.4,"hidden_act":"gelu_new"}""", Phi),
        Case("stablelm", $$"""{"architectures":["StableLmForCausalLM"],{{Sizes}},"partial_rotary_factor":0.4,"use_qkv_bias":true}""", StableLm),
        Case("qwen2-moe", $$"""
            {"architectures":["Qwen2MoeForCausalLM"],{{Sizes}},"num_experts":7,"num_experts_per_tok":3,"moe_intermediate_size":37,"shared_expert_intermediate_size":50,
             "mlp_only_layers":[1],"norm_topk_prob":false}
            """, Qwen2Moe),
        Case("olmoe", $$"""{"architectures":["OlmoeForCausalLM"],{{Sizes}},"num_experts":5,"num_experts_per_tok":2}""", Olmoe),
        Case("granite-moe", $$"""
            {"architectures":["GraniteMoeForCausalLM"],{{Sizes}},"num_local_experts":5,"num_experts_per_tok":2,"embedding_multiplier":3.0,"attention_multiplier":0.2,
             "residual_multiplier":0.4,"logits_scaling":5.0}
            """, GraniteMoe),
        Case("gemma", $$"""{"architectures":["GemmaForCausalLM"],{{Sizes}},"hidden_act":"gelu"}""", Gemma),
        Case("cohere", $$"""{"architectures":["CohereForCausalLM"],{{Sizes}},"use_qk_norm":true,"logit_scale":0.3}""", Cohere),
        Case("olmo", $$"""{"architectures":["OlmoForCausalLM"],{{Sizes}} }""", Olmo),
        Case("olmo3", $$"""{"architectures":["Olmo3ForCausalLM"],{{Sizes}},"sliding_window":5,"layer_types":["sliding_attention","full_attention","sliding_attention"]}""", Olmo3),
        Case("starcoder2", $$"""{"architectures":["Starcoder2ForCausalLM"],{{Sizes}},"sliding_window":7}""", Starcoder2),
        Case("glm", $$"""{"architectures":["GlmForCausalLM"],{{Sizes}},"partial_rotary_factor":0.4}""", Glm),
        Case("phi3-longrope", $$"""
            {"architectures":["Phi3ForCausalLM"],{{Sizes}},"original_max_position_embeddings":32,
             "rope_scaling":{"type":"su","short_factor":[1,1.5,2,2.5,3],"long_factor":[1,2,4,8,16]} }
            """, model => Phi3(model, [1, 2, 4, 8, 16])),
        Case("phi3-longrope-short", $$"""
            {"architectures":["Phi3ForCausalLM"],{{Sizes}},"original_max_position_embeddings":32,
             "rope_scaling":{"type":"longrope","short_factor":[1,1.5,2,2.5,3],"long_factor":[1,2,4,8,16]} }
            """, model => Phi3(model, [1, 1.5, 2, 2.5, 3]), 32),
        Case("seed-oss", $$"""{"architectures":["SeedOssForCausalLM"],{{Sizes}},"mlp_bias":true}""", model => Llama(model, 10000)),
        Case("arcee", $$"""{"architectures":["ArceeForCausalLM"],{{Sizes}},"attention_bias":true,"mlp_bias":true}""", Arcee),
        Case("nemotron", $$"""{"architectures":["NemotronForCausalLM"],{{Sizes}},"norm_eps":1e-5,"partial_rotary_factor":0.4,"hidden_act":"relu2"}""", Nemotron),
        Case("ernie", $$"""{"architectures":["Ernie4_5ForCausalLM"],{{Sizes}},"use_bias":true,"rope_theta":500.0,"tie_word_embeddings":false}""", Ernie),
        Case("internlm2", $$"""{"architectures":["InternLM2ForCausalLM"],{{Sizes}},"bias":true}""", InternLm2),
        Case("minicpm", $$"""{"architectures":["MiniCPMForCausalLM"],{{Sizes}},"scale_emb":3.0,"scale_depth":1.4,"dim_model_base":11,"tie_word_embeddings":false}""", MiniCpm),
        Case("llama-dynamic", $$"""{"architectures":["LlamaForCausalLM"],{{Sizes}},"rope_scaling":{"type":"dynamic","factor":4.0} }""", model => Llama(model, 10000), 128),
        Case("llama-dynamic-beyond", $$"""{"architectures":["LlamaForCausalLM"],{{Sizes}},"rope_scaling":{"type":"dynamic","factor":4.0} }""",
            model => Llama(model, 10000 * Math.Pow(4 * 256.0 / 128 - 3, Dim / (Dim - 2.0))), 256),
        .. LaterDefinitions.Cases(),
        .. PlainDefinitions.Cases(),
        .. NewestDefinitions.Cases(),
        .. ShortConvDefinitions.Cases(),
        .. RecurrentDefinitions.Cases(),
        .. MambaDefinitions.Cases(),
    ];

    [TestCaseSource(nameof(Cases))]
    public void Logits_OfARandomModel_FollowTheDefinition(string config, Func<DefinitionMath, double[][]> definition, int? longest, double bound)
    {
        using var model = new RandomCheckpoint(config);
        double[][] expected = definition(new DefinitionMath(model));
        using var runner = ReplicaRunner.Open(new ModelHostOptions { ModelDirectory = model.Path, MaxModelLen = longest }, tensorParallel: 4);

        float[][] logits = runner.Prefill(Prompt);

        for (int row = 0; row < Prompt.Length; row++)
        {
            double error = Math.Sqrt(logits[row].Zip(expected[row], (a, b) => (a - b) * (a - b)).Sum() / expected[row].Sum(b => b * b));
            Assert.That(error, Is.LessThan(bound), $"row {row}");
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void Logits_OfARandomModel_AreOneAnswer(string config, Func<DefinitionMath, double[][]> definition, int? longest, double bound)
    {
        using var model = new RandomCheckpoint(config);
        foreach (var quantization in new[] { WeightQuantization.None, WeightQuantization.Int4 })
            FamilyNumericsTests.Check(new ModelHostOptions { ModelDirectory = model.Path, MaxModelLen = longest, Quantization = quantization }, longest < 64 ? Prompt[..16] : Prompt);
    }

    internal static TestCaseData Case(string name, string config, Func<DefinitionMath, double[][]> definition, int? longest = null, double bound = 1e-5) =>
        new TestCaseData(config, definition, longest, bound).SetArgDisplayNames(name);

    private static double[][] GptJ(DefinitionMath m)
    {
        double[] frequencies = Frequencies(4, 10000);
        double[][] x = [.. Prompt.Select(id => m.Embed("transformer.wte.weight", id, 48))];
        for (int layer = 0; layer < Layers; layer++)
        {
            string name = $"transformer.h.{layer}.";
            double[][] h = [.. x.Select(row => m.LayerNorm(row, name + "ln_1", Epsilon))];
            double[][] q = [.. h.Select((row, p) => RotatePairs(m.Linear(name + "attn.q_proj", row), 8, p, frequencies))];
            double[][] k = [.. h.Select((row, p) => RotatePairs(m.Linear(name + "attn.k_proj", row), 8, p, frequencies))];
            double[][] a = Attend(q, k, [.. h.Select(row => m.Linear(name + "attn.v_proj", row))], 8, 1 / Math.Sqrt(8));
            x = [.. x.Select((row, p) => Add(row, Add(
                m.Linear(name + "attn.out_proj", a[p]), m.Linear(name + "mlp.fc_out", Map(m.Linear(name + "mlp.fc_in", h[p]), GeluTanh)))))];
        }

        return [.. x.Select(row => m.Linear("lm_head", m.LayerNorm(row, "transformer.ln_f", Epsilon)))];
    }

    private static double[][] NeoX(DefinitionMath m)
    {
        double[] frequencies = Frequencies(4, 10000);
        double[][] x = [.. Prompt.Select(id => m.Embed("gpt_neox.embed_in.weight", id, 48))];
        double[] Part(double[] qkv, int part) => [.. Enumerable.Range(0, 6).SelectMany(head => qkv.AsSpan((3 * head + part) * 8, 8).ToArray())];
        for (int layer = 0; layer < Layers; layer++)
        {
            string name = $"gpt_neox.layers.{layer}.";
            double[][] qkv = [.. x.Select(row => m.Linear(name + "attention.query_key_value", m.LayerNorm(row, name + "input_layernorm", Epsilon)))];
            double[][] a = Attend(
                [.. qkv.Select((row, p) => RotateHalves(Part(row, 0), 8, p, frequencies))], [.. qkv.Select((row, p) => RotateHalves(Part(row, 1), 8, p, frequencies))],
                [.. qkv.Select(row => Part(row, 2))], 8, 1 / Math.Sqrt(8));
            x = [.. x.Select((row, p) => Add(row, Add(m.Linear(name + "attention.dense", a[p]), m.Linear(
                name + "mlp.dense_4h_to_h", Map(m.Linear(name + "mlp.dense_h_to_4h", m.LayerNorm(row, name + "post_attention_layernorm", Epsilon)), Gelu)))))];
        }

        return [.. x.Select(row => m.Linear("embed_out", m.LayerNorm(row, "gpt_neox.final_layer_norm", Epsilon)))];
    }

    private static double[][] Exaone(DefinitionMath m)
    {
        double[] frequencies = Frequencies(Dim, 10000);
        double[][] x = [.. Prompt.Select(id => m.Embed("transformer.wte.weight", id, Hidden))];
        for (int layer = 0; layer < Layers; layer++)
        {
            string name = $"transformer.h.{layer}.";
            double[][] h = [.. x.Select(row => m.Rms(row, name + "ln_1", Epsilon))];
            double[][] a = Attend(
                [.. h.Select((row, p) => RotateHalves(m.Linear(name + "attn.attention.q_proj", row), Dim, p, frequencies))],
                [.. h.Select((row, p) => RotateHalves(m.Linear(name + "attn.attention.k_proj", row), Dim, p, frequencies))],
                [.. h.Select(row => m.Linear(name + "attn.attention.v_proj", row))], Dim, Scale);
            x = [.. x.Select((row, p) => Add(row, m.Linear(name + "attn.attention.out_proj", a[p])))];
            x = [.. x.Select(row =>
            {
                double[] normed = m.Rms(row, name + "ln_2", Epsilon);
                return Add(row, m.Linear(name + "mlp.c_proj", Times(Map(m.Linear(name + "mlp.c_fc_0", normed), Silu), m.Linear(name + "mlp.c_fc_1", normed))));
            })];
        }

        return [.. x.Select(row => m.Linear("lm_head", m.Rms(row, "transformer.ln_f", Epsilon)))];
    }

    private static double[][] Phi(DefinitionMath m) => Decoder(m, new Recipe(m)
    {
        Norm = (row, name) => m.LayerNorm(row, name, Epsilon), FinalNorm = "model.final_layernorm", Output = "self_attn.dense", Parallel = true,
        Rotate = (row, p) => RotateHalves(row, Dim, p, Frequencies(4, 10000)),
        Mlp = (h, name, _) => m.Linear(name + "mlp.fc2", Map(m.Linear(name + "mlp.fc1", h), GeluTanh)),
    });

    private static double[][] StableLm(DefinitionMath m) => Decoder(m, new Recipe(m)
    {
        Norm = (row, name) => m.LayerNorm(row, name, Epsilon), Rotate = (row, p) => RotateHalves(row, Dim, p, Frequencies(4, 10000)),
    });

    private static double[][] Olmo(DefinitionMath m) => Decoder(m, new Recipe(m) { Norm = (row, _) => LayerNorm(row, null, null, Epsilon) });

    private static double[][] Starcoder2(DefinitionMath m) => Decoder(m, new Recipe(m)
    {
        Norm = (row, name) => m.LayerNorm(row, name, Epsilon), Window = _ => 7, Head = "model.embed_tokens",
        Mlp = (h, name, _) => m.Linear(name + "mlp.c_proj", Map(m.Linear(name + "mlp.c_fc", h), GeluTanh)),
    });

    private static double[][] Gemma(DefinitionMath m)
    {
        double[] PlusOne(string name) => Map(m.Tensor(name + ".weight"), weight => 1 + weight);
        return Decoder(m, new Recipe(m)
        {
            Norm = (row, name) => Rms(row, PlusOne(name), Epsilon), EmbeddingScale = Math.Sqrt(Hidden), Head = "model.embed_tokens",
            Mlp = (h, name, _) => m.Linear(name + "mlp.down_proj", Times(Map(m.Linear(name + "mlp.gate_proj", h), GeluTanh), m.Linear(name + "mlp.up_proj", h))),
        });
    }

    private static double[][] Cohere(DefinitionMath m) => Decoder(m, new Recipe(m)
    {
        Norm = (row, name) => m.LayerNorm(row, name, Epsilon), Parallel = true, Head = "model.embed_tokens", LogitScale = 0.3,
        Rotate = (row, p) => RotatePairs(row, Dim, p, Frequencies(Dim, 10000)),
        QkNorm = (row, name) => [.. row.Chunk(Dim).SelectMany((head, i) => LayerNorm(head, m.Tensor(name + ".weight")[(i * Dim)..((i + 1) * Dim)], null, Epsilon))],
    });

    private static double[][] Glm(DefinitionMath m) => Decoder(m, new Recipe(m)
    {
        Rotate = (row, p) => RotatePairs(row, Dim, p, Frequencies(4, 10000)), Mlp = (h, name, _) => FusedMlp(m, h, name),
    });

    private static double[][] Llama(DefinitionMath m, double theta) =>
        Decoder(m, new Recipe(m) { Rotate = (row, p) => RotateHalves(row, Dim, p, Frequencies(Dim, theta)) });

    private static double[][] Arcee(DefinitionMath m) => Decoder(m, new Recipe(m)
    {
        Mlp = (h, name, _) => m.Linear(name + "mlp.down_proj", Map(m.Linear(name + "mlp.up_proj", h), x => Math.Max(x, 0) * Math.Max(x, 0))),
    });

    private static double[][] Nemotron(DefinitionMath m) => Decoder(m, new Recipe(m)
    {
        Norm = (row, name) => LayerNorm(row, Map(m.Tensor(name + ".weight"), weight => 1 + weight), m.Tensor(name + ".bias"), Epsilon),
        Rotate = (row, p) => RotateHalves(row, Dim, p, Frequencies(4, 10000)),
        Mlp = (h, name, _) => m.Linear(name + "mlp.down_proj", Map(m.Linear(name + "mlp.up_proj", h), x => Math.Max(x, 0) * Math.Max(x, 0))),
    });

    private static double[][] Ernie(DefinitionMath m) => Decoder(m, new Recipe(m) { Rotate = (row, p) => RotatePairs(row, Dim, p, Frequencies(Dim, 500)) });

    private static double[][] MiniCpm(DefinitionMath m) =>
        Decoder(m, new Recipe(m) { EmbeddingScale = 3, ResidualScale = 1.4 / Math.Sqrt(Layers), LogitScale = 11.0 / Hidden });

    private static double[][] InternLm2(DefinitionMath m)
    {
        double[] frequencies = Frequencies(Dim, 10000);
        double[][] x = [.. Prompt.Select(id => m.Embed("model.tok_embeddings.weight", id, Hidden))];
        const int group = Heads / KvHeads;
        // Of each key head its group's queries, then its key, then its value.
        double[] Part(double[] qkv, int from, int count) => [.. Enumerable.Range(0, KvHeads).SelectMany(head => qkv.AsSpan((head * (group + 2) + from) * Dim, count * Dim).ToArray())];
        for (int layer = 0; layer < Layers; layer++)
        {
            string name = $"model.layers.{layer}.";
            double[][] qkv = [.. x.Select(row => m.Linear(name + "attention.wqkv", m.Rms(row, name + "attention_norm", Epsilon)))];
            double[][] a = Attend(
                [.. qkv.Select((row, p) => RotateHalves(Part(row, 0, group), Dim, p, frequencies))], [.. qkv.Select((row, p) => RotateHalves(Part(row, group, 1), Dim, p, frequencies))],
                [.. qkv.Select(row => Part(row, group + 1, 1))], Dim, Scale);
            x = [.. x.Select((row, p) => Add(row, m.Linear(name + "attention.wo", a[p])))];
            x = [.. x.Select(row =>
            {
                double[] h = m.Rms(row, name + "ffn_norm", Epsilon);
                return Add(row, m.Linear(name + "feed_forward.w2", Times(Map(m.Linear(name + "feed_forward.w1", h), Silu), m.Linear(name + "feed_forward.w3", h))));
            })];
        }

        return [.. x.Select(row => m.Linear("output", m.Rms(row, "model.norm", Epsilon)))];
    }

    private static double[][] Phi3(DefinitionMath m, double[] factors)
    {
        // sqrt(1 + ln(128 / 32) / ln 32) on cosine and sine is the same as on the rotated row.
        double attention = Math.Sqrt(1 + Math.Log(4) / Math.Log(32));
        double[] frequencies = [.. Frequencies(Dim, 10000).Zip(factors, (frequency, factor) => frequency / factor)];
        double[] Part(double[] qkv, int from, int count) => qkv[(from * Dim)..((from + count) * Dim)];
        return Decoder(m, new Recipe(m)
        {
            Rotate = (row, p) => Times(RotateHalves(row, Dim, p, frequencies), attention), Mlp = (h, name, _) => FusedMlp(m, h, name),
            Qkv = (h, name) =>
            {
                double[] qkv = m.Linear(name + "self_attn.qkv_proj", h);
                return (Part(qkv, 0, Heads), Part(qkv, Heads, KvHeads), Part(qkv, Heads + KvHeads, KvHeads));
            },
        });
    }

    private static double[][] Olmo3(DefinitionMath m) => Decoder(m, new Recipe(m)
    {
        Norm = (row, _) => row, PostNorms = true, QkNorm = (row, name) => m.Rms(row, name, Epsilon), Window = layer => layer == 1 ? int.MaxValue : 5,
        FinalNorm = null,
    });

    private static double[][] Olmoe(DefinitionMath m) => Decoder(m, new Recipe(m)
    {
        QkNorm = (row, name) => m.Rms(row, name, Epsilon), Mlp = (h, name, _) => Experts(m, h, name, m.Linear(name + "mlp.gate", h), 2, normalized: false),
    });

    private static double[][] Qwen2Moe(DefinitionMath m) => Decoder(m, new Recipe(m)
    {
        Mlp = (h, name, layer) =>
        {
            if (layer == 1) return GatedMlp(m, h, name + "mlp.");
            double gate = 1 / (1 + Math.Exp(-m.Linear(name + "mlp.shared_expert_gate", h)[0]));
            return Add(Experts(m, h, name, m.Linear(name + "mlp.gate", h), 3, normalized: false), Times(GatedMlp(m, h, name + "mlp.shared_expert."), gate));
        },
    });

    private static double[][] GraniteMoe(DefinitionMath m) => Decoder(m, new Recipe(m)
    {
        EmbeddingScale = 3, AttentionScale = 0.2, ResidualScale = 0.4, LogitScale = 1 / 5.0, Mlp = (h, name, _) => GraniteExperts(m, h, name),
    });

    internal static double[] GraniteExperts(DefinitionMath m, double[] h, string name)
    {
        double[] logits = m.Linear(name + "block_sparse_moe.router.layer", h), input = m.Tensor(name + "block_sparse_moe.input_linear.weight");
        double[] output = m.Tensor(name + "block_sparse_moe.output_linear.weight"), sum = new double[Hidden];
        int[] chosen = [.. Enumerable.Range(0, 5).OrderByDescending(expert => logits[expert]).Take(2)];
        double[] weights = Softmax([.. chosen.Select(expert => logits[expert])]);
        for (int i = 0; i < 2; i++)
        {
            double[] both = Product(input.AsSpan(chosen[i] * 2 * Ffn * Hidden, 2 * Ffn * Hidden), h);
            double[] y = Product(output.AsSpan(chosen[i] * Ffn * Hidden, Ffn * Hidden), Times(Map(both[..Ffn], Silu), both[Ffn..]));
            sum = Add(sum, Times(y, weights[i]));
        }

        return sum;
    }

    internal static double[] GatedMlp(DefinitionMath m, double[] h, string name) =>
        m.Linear(name + "down_proj", Times(Map(m.Linear(name + "gate_proj", h), Silu), m.Linear(name + "up_proj", h)));

    internal static double[] FusedMlp(DefinitionMath m, double[] h, string name)
    {
        double[] both = m.Linear(name + "mlp.gate_up_proj", h);
        return m.Linear(name + "mlp.down_proj", Times(Map(both[..Ffn], Silu), both[Ffn..]));
    }

    internal static double[] Experts(DefinitionMath m, double[] h, string name, double[] logits, int used, bool normalized)
    {
        double[] shares = Softmax(logits), sum = new double[Hidden];
        int[] chosen = [.. Enumerable.Range(0, logits.Length).OrderByDescending(expert => shares[expert]).Take(used)];
        double total = normalized ? chosen.Sum(expert => shares[expert]) : 1;
        foreach (int expert in chosen) sum = Add(sum, Times(GatedMlp(m, h, $"{name}mlp.experts.{expert}."), shares[expert] / total));
        return sum;
    }

    /// <summary>A decoder in Llama's words, with what a definition says differently.</summary>
    internal static double[][] Decoder(DefinitionMath m, Recipe recipe)
    {
        double[][] x = [.. Prompt.Select(id => recipe.Embedded(Times(m.Embed(recipe.Embedding + ".weight", id, Hidden), recipe.EmbeddingScale)))];
        for (int layer = 0; layer < Layers; layer++)
        {
            int index = layer;
            string name = $"model.layers.{layer}.";
            double[][] h = [.. x.Select(row => recipe.Norm(row, name + "input_layernorm"))];
            (double[] Query, double[] Key, double[] Value)[] qkv = recipe.Attention is null ? [.. h.Select(row => recipe.Qkv(row, name))] : [];
            double[][] a = recipe.Attention?.Invoke(h, name) ?? Attend(
                [.. qkv.Select((row, p) => Times(recipe.Prepared(row.Query, name, "q", p, index), recipe.Growth(p, index)))],
                [.. qkv.Select((row, p) => recipe.Prepared(row.Key, name, "k", p, index))],
                [.. qkv.Select(row => recipe.Value(row.Value))], Dim, recipe.AttentionScale, recipe.Window(layer), recipe.Chunk(layer));
            double[][] before = h;
            double[] Post(double[] row, string norm) => Times(recipe.PostNorms ? (recipe.PostNorm ?? recipe.Rms)(row, name + norm) : row, recipe.ResidualScale);
            x = [.. x.Select((row, p) => Add(row, Post(m.Linear(name + recipe.Output, a[p]), recipe.PostAttentionNorm)))];
            x = [.. x.Select((row, p) => Add(row, Post(
                recipe.Mlp(recipe.Parallel ? before[p] : recipe.Norm(row, name + recipe.MlpNorm), name, index), recipe.PostMlpNorm)))];
        }

        return [.. x.Select(row => Times(m.Linear(
            recipe.Head, recipe.FinalNorm is null ? m.Rms(row, "model.norm", Epsilon) : recipe.Norm(row, recipe.FinalNorm)), recipe.LogitScale))];
    }

    internal sealed class Recipe(DefinitionMath m)
    {
        public Func<double[], string, double[]> Norm { get; init; } = (row, name) => m.Rms(row, name, Epsilon);

        public Func<double[], string, double[]> QkNorm { get; init; } = (row, _) => row;

        public Func<double[], string, (double[] Query, double[] Key, double[] Value)> Qkv { get; init; } = (h, name) =>
            (m.Linear(name + "self_attn.q_proj", h), m.Linear(name + "self_attn.k_proj", h), m.Linear(name + "self_attn.v_proj", h));

        /// <summary>What is made of an embedding, and of a value.</summary>
        public Func<double[], double[]> Embedded { get; init; } = row => row;

        public Func<double[], double[]> Value { get; init; } = row => row;

        public Func<double[], int, double[]> Rotate { get; init; } = (row, p) => RotateHalves(row, Dim, p, Frequencies(Dim, 10000));

        public Func<double[], string, int, double[]> Mlp { get; init; } = (h, name, _) => GatedMlp(m, h, name + "mlp.");

        /// <summary>The rotation of a layer, where layers differ.</summary>
        public Func<double[], int, int, double[]>? RotateAt { get; init; }

        public Func<double[], string, double[]>? PostNorm { get; init; }

        public Func<double[], string, double[]> Rms { get; } = (row, name) => m.Rms(row, name, Epsilon);

        /// <summary>The heads' outputs of all positions, where attention is another.</summary>
        public Func<double[][], string, double[][]>? Attention { get; init; }

        public Func<int, int?> Chunk { get; init; } = _ => null;

        public string Embedding { get; init; } = "model.embed_tokens";

        public string MlpNorm { get; init; } = "post_attention_layernorm";

        public string PostAttentionNorm { get; init; } = "post_attention_layernorm";

        public string PostMlpNorm { get; init; } = "post_feedforward_layernorm";

        public Func<int, int> Window { get; init; } = _ => int.MaxValue;

        public string? FinalNorm { get; init; } = "model.norm";

        public string Head { get; init; } = "lm_head";

        public string Output { get; init; } = "self_attn.o_proj";

        public bool Parallel { get; init; }

        public bool PostNorms { get; init; }

        public double EmbeddingScale { get; init; } = 1;

        public double AttentionScale { get; init; } = Scale;

        public double ResidualScale { get; init; } = 1;

        public double LogitScale { get; init; } = 1;

        /// <summary>Whether queries and keys are normed after rotation.</summary>
        public bool NormLast { get; init; }

        /// <summary>What queries of a position in a layer are multiplied by.</summary>
        public Func<int, int, double> Growth { get; init; } = (_, _) => 1;

        /// <summary>A query or key, normed and rotated.</summary>
        public double[] Prepared(double[] row, string layerName, string kind, int position, int layer)
        {
            double[] normed = NormLast ? row : QkNorm(row, $"{layerName}self_attn.{kind}_norm");
            double[] turned = RotateAt?.Invoke(normed, position, layer) ?? Rotate(normed, position);
            return NormLast ? QkNorm(turned, $"{layerName}self_attn.{(kind == "q" ? "query" : "key")}_layernorm") : turned;
        }
    }
}
