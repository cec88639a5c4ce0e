using Furiosa.Device.Execution;
using static Furiosa.Tests.Device.Models.DefinitionMath;
using static Furiosa.Tests.Device.Models.DefinitionTests;

namespace Furiosa.Tests.Device.Models;

/// <summary>
/// Configurations that the reference data do not have, of families that they do have: other windows, rotations, biases and experts, in the
/// older and the newer form of the file, against the definition written out.
/// </summary>
internal sealed class VariantTests
{
    private static readonly double[] Frequency = Frequencies(Dim, 10000);

    private static IEnumerable<TestCaseData> Cases() =>
    [
        Case("qwen2, upper layers slide", """ "architectures":["Qwen2ForCausalLM"],"use_sliding_window":true,"sliding_window":5,"max_window_layers":1 """,
            m => Decoder(m, new Recipe(m) { Window = layer => layer >= 1 ? 5 : int.MaxValue }), "self_attn.q_proj.bias", "self_attn.v_proj.bias"),
        Case("qwen2, window not used", """ "architectures":["Qwen2ForCausalLM"],"use_sliding_window":false,"sliding_window":5,"max_window_layers":0 """, m => Decoder(m, new Recipe(m))),
        Case("qwen3 with bias, layer types", """ "architectures":["Qwen3ForCausalLM"],"attention_bias":true,"use_sliding_window":true,"sliding_window":6,"layer_types":["sliding_attention","full_attention","sliding_attention"] """,
            m => Decoder(m, new Recipe(m) { QkNorm = (row, name) => PerHead(m, row, name), Window = layer => layer == 1 ? int.MaxValue : 6 }), "self_attn.o_proj.bias"),
        Case("smollm3, unrotated layers", """ "architectures":["SmolLM3ForCausalLM"],"no_rope_layers":[0,1,0],"attention_bias":true,"tie_word_embeddings":false """,
            m => Decoder(m, new Recipe(m) { RotateAt = (row, p, layer) => layer == 1 ? RotateHalves(row, Dim, p, Frequencies(Dim, 2e6)) : row }), "self_attn.k_proj.bias"),
        Case("exaone4 without windows", """ "architectures":["Exaone4ForCausalLM"],"sliding_window":null,"layer_types":["full_attention","full_attention","full_attention"] """,
            m => Decoder(m, Exaone4(m, _ => int.MaxValue, _ => true))),
        Case("exaone4, pattern of letters", """ "architectures":["Exaone4ForCausalLM"],"sliding_window":5,"sliding_window_pattern":"LG" """,
            m => Decoder(m, Exaone4(m, layer => layer == 1 ? int.MaxValue : 5, layer => layer != 1))),
        Case("gemma3, older form, stretched globally", """
            "architectures":["Gemma3ForCausalLM"],"sliding_window":5,"sliding_window_pattern":2,"rope_theta":1000000.0,"rope_local_base_freq":10000.0,"rope_scaling":{"rope_type":"linear","factor":8.0},
            "query_pre_attn_scalar":9,"hidden_activation":"gelu_pytorch_tanh","dtype":"float32"
            """, Gemma3),
        Case("mixtral with a window", """ "architectures":["MixtralForCausalLM"],"sliding_window":5,"num_local_experts":5,"num_experts_per_tok":3,"rope_theta":10000.0 """,
            m => Decoder(m, new Recipe(m) { Window = _ => 5, Mlp = (h, name, _) => Mixtral(m, h, name) })),
        Case("qwen3-moe, dense layer, weights as they are", """ "architectures":["Qwen3MoeForCausalLM"],"num_experts":5,"num_experts_per_tok":2,"moe_intermediate_size":37,"mlp_only_layers":[1],"norm_topk_prob":false """,
            m => Decoder(m, new Recipe(m)
            {
                QkNorm = (row, name) => PerHead(m, row, name),
                Mlp = (h, name, layer) => layer == 1 ? GatedMlp(m, h, name + "mlp.") : Experts(m, h, name, m.Linear(name + "mlp.gate", h), 2, normalized: false),
            })),
        Case("llama, one key head for all, biases, tied", """ "architectures":["LlamaForCausalLM"],"num_key_value_heads":1,"attention_bias":true,"mlp_bias":true,"tie_word_embeddings":true,"rope_parameters":{"rope_type":"default","rope_theta":500.0} """,
            m => Decoder(m, new Recipe(m) { Head = "model.embed_tokens", Rotate = (row, p) => RotateHalves(row, Dim, p, Frequencies(Dim, 500)) }), "self_attn.o_proj.bias", "mlp.down_proj.bias"),
        Case("llama, linear in the newer form", """ "architectures":["LlamaForCausalLM"],"rope_parameters":{"rope_type":"linear","rope_theta":10000.0,"factor":3.0} """,
            m => Decoder(m, new Recipe(m) { Rotate = (row, p) => RotateHalves(row, Dim, p, Times(Frequency, 1 / 3.0)) })),
        Case("mistral without a window", """ "architectures":["MistralForCausalLM"],"sliding_window":null """, m => Decoder(m, new Recipe(m))),
        Case("phi3, partial rotation and a window", """ "architectures":["Phi3ForCausalLM"],"sliding_window":6,"partial_rotary_factor":0.4 """,
            m => Decoder(m, new Recipe(m)
            {
                Window = _ => 6, Rotate = (row, p) => RotateHalves(row, Dim, p, Frequencies(4, 10000)), Mlp = (h, name, _) => FusedMlp(m, h, name),
                Qkv = (h, name) => m.Linear(name + "self_attn.qkv_proj", h) is var qkv ? (qkv[..(Heads * Dim)], qkv[(Heads * Dim)..((Heads + KvHeads) * Dim)], qkv[((Heads + KvHeads) * Dim)..]) : default,
            })),
        Case("glm4 without biases", """ "architectures":["Glm4ForCausalLM"],"partial_rotary_factor":0.4,"attention_bias":false """,
            m => Decoder(m, new Recipe(m)
            {
                Rotate = (row, p) => RotatePairs(row, Dim, p, Frequencies(4, 10000)), Mlp = (h, name, _) => FusedMlp(m, h, name),
                PostNorms = true, PostAttentionNorm = "post_self_attn_layernorm", PostMlpNorm = "post_mlp_layernorm",
            })),
        Case("cohere2 with biases", """ "architectures":["Cohere2ForCausalLM"],"attention_bias":true,"sliding_window":5,"sliding_window_pattern":2,"logit_scale":0.3 """,
            m => Decoder(m, new Recipe(m)
            {
                Norm = (row, name) => m.LayerNorm(row, name, Epsilon), Parallel = true, Head = "model.embed_tokens", LogitScale = 0.3, Window = layer => layer == 1 ? int.MaxValue : 5,
                RotateAt = (row, p, layer) => layer == 1 ? row : RotatePairs(row, Dim, p, Frequency),
            }), "self_attn.o_proj.bias"),
        Case("olmo2 with biases", """ "architectures":["Olmo2ForCausalLM"],"attention_bias":true """,
            m => Decoder(m, new Recipe(m) { Norm = (row, _) => row, PostNorms = true, QkNorm = (row, name) => m.Rms(row, name, Epsilon), FinalNorm = null }), "self_attn.q_proj.bias"),
        Case("granite with biases", """ "architectures":["GraniteForCausalLM"],"attention_bias":true,"mlp_bias":true,"embedding_multiplier":3.0,"attention_multiplier":0.2,"residual_multiplier":0.4,"logits_scaling":5.0,"tie_word_embeddings":true """,
            m => Decoder(m, new Recipe(m) { Head = "model.embed_tokens", EmbeddingScale = 3, AttentionScale = 0.2, ResidualScale = 0.4, LogitScale = 1 / 5.0 }), "mlp.gate_proj.bias", "self_attn.o_proj.bias"),
    ];

    [TestCaseSource(nameof(Cases))]
    public void Logits_OfAVariant_FollowTheDefinition(string own, Delegate definition, string[] parts)
    {
        // A member that the variant names replaces the shared one.
        var shared = own.Contains("num_key_value_heads", StringComparison.Ordinal) ? Sizes.Replace("\"num_key_value_heads\":3,", "", StringComparison.Ordinal) : Sizes;
        using var model = new RandomCheckpoint($"{{{shared},{own}}}");
        foreach (var part in parts) Assert.That(model[$"model.layers.0.{part}"], Is.Not.Null, part);
        var expected = ((Func<DefinitionMath, double[][]>)definition)(new DefinitionMath(model));
        using var runner = ReplicaRunner.Open(new ModelHostOptions { ModelDirectory = model.Path }, tensorParallel: 2);
        var logits = runner.Prefill(Prompt);
        for (var row = 0; row < Prompt.Length; row++)
        {
            var error = Math.Sqrt(logits[row].Zip(expected[row], (a, b) => (a - b) * (a - b)).Sum() / expected[row].Sum(b => b * b));
            Assert.That(error, Is.LessThan(1e-5), $"row {row}");
        }
    }

    private static TestCaseData Case(string name, string own, Func<DefinitionMath, double[][]> definition, params string[] parts) => new TestCaseData(own, definition, parts).SetArgDisplayNames(name);

    private static double[] PerHead(DefinitionMath m, double[] row, string name) => [.. row.Chunk(Dim).SelectMany(head => m.Rms(head, name, Epsilon))];

    private static Recipe Exaone4(DefinitionMath m, Func<int, int> window, Func<int, bool> rotates) => new(m)
    {
        Norm = (row, _) => row, PostNorms = true, FinalNorm = null, Window = window, QkNorm = (row, name) => PerHead(m, row, name),
        RotateAt = (row, p, layer) => rotates(layer) ? RotateHalves(row, Dim, p, Frequency) : row,
    };

    private static double[][] Gemma3(DefinitionMath m)
    {
        double[] PlusOne(string name) => Map(m.Tensor(name + ".weight"), weight => 1 + weight);
        double[] Norm(double[] row, string name) => Rms(row, PlusOne(name), Epsilon);
        return Decoder(m, new Recipe(m)
        {
            Norm = Norm, PostNorms = true, PostNorm = Norm, MlpNorm = "pre_feedforward_layernorm", EmbeddingScale = Math.Sqrt(Hidden), Head = "model.embed_tokens", AttentionScale = 1 / 3.0,
            QkNorm = (row, name) => [.. row.Chunk(Dim).SelectMany(head => Norm(head, name))], Window = layer => layer == 1 ? int.MaxValue : 5,
            RotateAt = (row, p, layer) => RotateHalves(row, Dim, p, layer == 1 ? Times(Frequencies(Dim, 1e6), 1 / 8.0) : Frequency),
            Mlp = (h, name, _) => m.Linear(name + "mlp.down_proj", Times(Map(m.Linear(name + "mlp.gate_proj", h), GeluTanh), m.Linear(name + "mlp.up_proj", h))),
        });
    }

    private static double[] Mixtral(DefinitionMath m, double[] h, string name)
    {
        var logits = m.Linear(name + "block_sparse_moe.gate", h);
        int[] chosen = [.. Enumerable.Range(0, logits.Length).OrderByDescending(expert => logits[expert]).Take(3)];
        var shares = Softmax([.. chosen.Select(expert => logits[expert])]);
        var sum = new double[Hidden];
        for (var i = 0; i < chosen.Length; i++)
        {
            var expert = $"{name}block_sparse_moe.experts.{chosen[i]}.";
            sum = Add(sum, Times(m.Linear(expert + "w2", Times(Map(m.Linear(expert + "w1", h), Silu), m.Linear(expert + "w3", h))), shares[i]));
        }

        return sum;
    }
}
