using static Furiosa.Tests.Device.Models.DefinitionMath;
using static Furiosa.Tests.Device.Models.DefinitionTests;
using static Furiosa.Tests.Device.Models.LaterDefinitions;

namespace Furiosa.Tests.Device.Models;

/// <summary>The definitions of families that are Llama with a twist: clipped or turned otherwise, other norms, experts and nonlinearities.</summary>
internal static class NewestDefinitions
{
    private const string Granite = """
        "num_local_experts":5,"num_experts_per_tok":2,"shared_intermediate_size":51,"embedding_multiplier":3.0,"attention_multiplier":0.2,"residual_multiplier":0.4,"logits_scaling":5.0
        """;

    internal static IEnumerable<TestCaseData> Cases() =>
    [
        Case("olmo, clipped", $$"""{"architectures":["OlmoForCausalLM"],{{Sizes}},"clip_qkv":0.5}""",
            m => Decoder(m, new Recipe(m) { Norm = (row, _) => LayerNorm(row, null, null, Epsilon), QkNorm = (row, _) => Clip(row, 0.5), Value = row => Clip(row, 0.5) })),
        Case("olmoe, clipped", $$"""{"architectures":["OlmoeForCausalLM"],{{Sizes}},"num_experts":5,"num_experts_per_tok":2,"clip_qkv":0.5}""",
            m => Decoder(m, new Recipe(m)
            {
                QkNorm = (row, name) => Clip(m.Rms(row, name, Epsilon), 0.5), Value = row => Clip(row, 0.5), Mlp = (h, name, _) => Experts(m, h, name, m.Linear(name + "mlp.gate", h), 2, normalized: false),
            })),
        Case("stablelm, normed heads", $$"""{"architectures":["StableLmForCausalLM"],{{Sizes}},"partial_rotary_factor":0.4,"qk_layernorm":true}""",
            m => Decoder(m, new Recipe(m)
            {
                Norm = (row, name) => m.LayerNorm(row, name, Epsilon), Rotate = (row, p) => RotateHalves(row, Dim, p, HalfFrequencies),
                QkNorm = (row, name) => [.. row.Chunk(Dim).SelectMany((head, i) => LayerNorm(head, m.Tensor($"{name[..^"_norm".Length]}_layernorm.norms.{i}.weight"), null, Epsilon))],
            })),
        Case("cwm", $$"""{"architectures":["CwmForCausalLM"],{{Sizes}},"sliding_window":5,"rope_parameters":{"rope_type":"default","rope_theta":10000.0} }""",
            m => Decoder(m, new Recipe(m) { Window = layer => layer == 0 ? int.MaxValue : 5 })),
        Case("ministral", $$"""
            {"architectures":["MinistralForCausalLM"],{{Sizes}},"sliding_window":5,"layer_types":["sliding_attention","full_attention","sliding_attention"],
             "rope_parameters":{"full_attention":{"rope_type":"default","rope_theta":500.0},"sliding_attention":{"rope_type":"default","rope_theta":10000.0} } }
            """,
            m => Decoder(m, new Recipe(m) { Window = layer => layer == 1 ? int.MaxValue : 5, RotateAt = (row, p, layer) => RotateHalves(row, Dim, p, Frequencies(Dim, layer == 1 ? 500 : 10000)) })),
        Case("vaultgemma", $$"""
            {"architectures":["VaultGemmaForCausalLM"],{{Sizes}},"sliding_window":5,"query_pre_attn_scalar":9,"attn_logit_softcapping":null,"final_logit_softcapping":null,"dtype":"float32",
             "layer_types":["sliding_attention","full_attention","sliding_attention"]}
            """,
            VaultGemma),
        Case("jais2", $$"""{"architectures":["Jais2ForCausalLM"],{{Sizes}},"rope_theta":10000.0}""",
            m => Decoder(m, new Recipe(m) { Norm = (row, name) => m.LayerNorm(row, name, Epsilon), Mlp = (h, name, _) => m.Linear(name + "mlp.down_proj", Map(m.Linear(name + "mlp.up_proj", h), ReluSquared)) })),
        Case("youtu", $$"""{"architectures":["YoutuForCausalLM"],{{Sizes}},{{Latent}},"q_lora_rank":24}""",
            m => Decoder(m, new Recipe(m) { Head = "model.embed_tokens", Attention = (h, name) => LatentAttention(m, h, name, HalfFrequencies, true, 1, 1) })),
        Case("solar-open", $$"""{"architectures":["SolarOpenForCausalLM"],{{Sizes.Replace("\"intermediate_size\":75,", "", StringComparison.Ordinal)}},{{Grouped.Replace("\"first_k_dense_replace\":1,", "", StringComparison.Ordinal)}},"attention_bias":true,"rope_theta":10000.0,"partial_rotary_factor":1.0}""",
            m => Decoder(m, new Recipe(m) { Mlp = (h, name, _) => SigmoidExperts(m, h, name, true) })),
        Case("exaone-moe", $$"""{"architectures":["ExaoneMoeForCausalLM"],{{Sizes}},{{Grouped.Replace("n_routed_experts", "num_experts", StringComparison.Ordinal)}},"sliding_window":5,"sliding_window_pattern":2}""",
            m => Decoder(m, new Recipe(m)
            {
                QkNorm = PerHead(m), Window = layer => layer == 1 ? int.MaxValue : 5, RotateAt = (row, p, layer) => layer == 1 ? row : RotateHalves(row, Dim, p, Frequencies(Dim, 10000)),
                Mlp = (h, name, layer) => layer == 0 ? GatedMlp(m, h, name + "mlp.") : SigmoidExperts(m, h, name, true),
            })),
        Case("granite-moe-shared", $$"""{"architectures":["GraniteMoeSharedForCausalLM"],{{Sizes}},{{Granite}} }""", m => GraniteShared(m, true)),
        Case("granite-hybrid, experts", $$"""{"architectures":["GraniteMoeHybridForCausalLM"],{{Sizes}},{{Granite}},"layer_types":["attention","attention","attention"]}""", m => GraniteShared(m, false)),
        Case("phimoe", $$"""
            {"architectures":["PhimoeForCausalLM"],{{Sizes}},"num_local_experts":5,"num_experts_per_tok":2,"router_jitter_noise":0.7,"attention_bias":true,"lm_head_bias":true,"rope_theta":10000.0}
            """,
            m => Decoder(m, new Recipe(m) { Norm = (row, name) => m.LayerNorm(row, name, Epsilon), Mlp = (h, name, _) => PhiMoe(m, h, name + "block_sparse_moe.") })),
        Case("nanochat", $$"""{"architectures":["NanoChatForCausalLM"],{{Sizes}},"final_logit_softcapping":2.5}""", NanoChat),
        Case("apertus", $$"""{"architectures":["ApertusForCausalLM"],{{Sizes}},"hidden_act":"xielu","rope_parameters":{"rope_type":"default","rope_theta":10000.0} }""",
            m => Decoder(m, new Recipe(m)
            {
                QkNorm = PerHead(m), Norm = (row, name) => m.Rms(row, name.Replace("input_layernorm", "attention_layernorm", StringComparison.Ordinal), Epsilon), MlpNorm = "feedforward_layernorm",
                Mlp = (h, name, _) => m.Linear(name + "mlp.down_proj", Xielu(m, m.Linear(name + "mlp.up_proj", h), name + "mlp.act_fn.")),
            })),
    ];

    private static double[][] VaultGemma(DefinitionMath m)
    {
        double[] PlusOne(string name) => Map(m.Tensor(name + ".weight"), weight => 1 + weight);
        return Decoder(m, new Recipe(m)
        {
            Norm = (row, name) => Rms(row, PlusOne(name), Epsilon), EmbeddingScale = Math.Sqrt(Hidden), Head = "model.embed_tokens", AttentionScale = 1 / 3.0,
            MlpNorm = "pre_feedforward_layernorm", Window = layer => layer == 1 ? int.MaxValue : 5,
            Mlp = (h, name, _) => m.Linear(name + "mlp.down_proj", Times(Map(m.Linear(name + "mlp.gate_proj", h), GeluTanh), m.Linear(name + "mlp.up_proj", h))),
        });
    }

    private static double[][] GraniteShared(DefinitionMath m, bool rotates) => Decoder(m, new Recipe(m)
    {
        EmbeddingScale = 3, AttentionScale = 0.2, ResidualScale = 0.4, LogitScale = 1 / 5.0, RotateAt = (row, p, _) => rotates ? RotateHalves(row, Dim, p, Frequencies(Dim, 10000)) : row,
        Mlp = (h, name, _) =>
        {
            double[] both = m.Linear(name + "shared_mlp.input_linear", h);
            return Add(GraniteExperts(m, h, name), m.Linear(name + "shared_mlp.output_linear", Times(Map(both[..51], Silu), both[51..])));
        },
    });

    private static double[] PhiMoe(DefinitionMath m, double[] h, string name)
    {
        double[] scores = m.Linear(name + "gate", h), left = [.. scores], sum = new double[Hidden];
        for (int turn = 0; turn < 2; turn++)
        {
            double most = left.Max();
            int chosen = Array.IndexOf(left, most);
            double[] near = [.. left.Select((score, i) => (most - scores[i]) / Math.Max(Math.Abs(scores[i]), most) > 1.4 ? double.NegativeInfinity : score)];
            string expert = $"{name}experts.{chosen}.";
            sum = Add(sum, Times(m.Linear(expert + "w2", Times(Map(m.Linear(expert + "w1", h), Silu), m.Linear(expert + "w3", h))), Softmax(near)[chosen]));
            left[chosen] = double.NegativeInfinity;
        }

        return sum;
    }

    private static double[][] NanoChat(DefinitionMath m)
    {
        double[] Unit(double[] row) => Rms(row, [.. Enumerable.Repeat(1.0, row.Length)], Epsilon);
        double[][] logits = Decoder(m, new Recipe(m)
        {
            Norm = (row, _) => Unit(row), Embedded = Unit,
            RotateAt = (row, p, _) => [.. RotateHalves(row, Dim, -p, Frequencies(Dim, 10000)).Chunk(Dim).SelectMany(Unit)],
            Mlp = (h, name, _) => m.Linear(name + "mlp.fc2", Map(m.Linear(name + "mlp.fc1", h), ReluSquared)),
        });
        return [.. logits.Select(row => Map(row, value => 2.5 * Math.Tanh(value / 2.5)))];
    }

    private static double[] Xielu(DefinitionMath m, double[] x, string name)
    {
        double Softplus(string part) => Math.Log(1 + Math.Exp(m.Tensor(name + part)[0]));
        double positive = Softplus("alpha_p"), negative = 0.5 + Softplus("alpha_n");
        return Map(x, value => value > 0 ? positive * value * value + 0.5 * value : (Math.Exp(Math.Min(value, -1e-6)) - 1 - value) * negative + 0.5 * value);
    }
}
