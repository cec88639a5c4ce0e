using static Furiosa.Tests.Device.Models.DefinitionMath;
using static Furiosa.Tests.Device.Models.DefinitionTests;

namespace Furiosa.Tests.Device.Models;

/// <summary>The definitions of families in which short convolutions stand beside attention: LFM2, with and without experts.</summary>
internal static class ShortConvDefinitions
{
    /// <summary>Five layers of both kinds, with the sizes that are tested everywhere.</summary>
    internal const string Dense = """
        {"architectures":["Lfm2ForCausalLM"],"hidden_size":60,"intermediate_size":101,"num_attention_heads":6,"num_key_value_heads":3,"num_hidden_layers":5,"vocab_size":83,
         "max_position_embeddings":128,"norm_eps":1e-5,"block_auto_adjust_ff_dim":false,"conv_L_cache":3,"layer_types":["conv","full_attention","conv","conv","full_attention"]}
        """;

    private const string Experts = """
        "hidden_size":60,"intermediate_size":75,"num_attention_heads":6,"num_key_value_heads":3,"num_hidden_layers":3,"vocab_size":83,"max_position_embeddings":128,"norm_eps":1e-5,
        "num_dense_layers":1,"num_experts":7,"num_experts_per_tok":3,"moe_intermediate_size":37,"routed_scaling_factor":1.7
        """;

    /// <summary>Seven experts in the last two of three layers.</summary>
    internal const string Sparse = $$"""{"architectures":["Lfm2MoeForCausalLM"],{{Experts}},"conv_L_cache":4,"layer_types":["conv","conv","full_attention"]}""";

    internal static IEnumerable<TestCaseData> Cases() =>
    [
        Case("lfm2", Dense, m => Decoder(m, new(60, 3, 10, "CACCA", 3))),
        Case("lfm2, older words", """
            {"architectures":["Lfm2ForCausalLM"],"hidden_size":30,"block_ff_dim":120,"block_multiple_of":7,"block_ffn_dim_multiplier":0.9,"num_attention_heads":5,"num_key_value_heads":1,
             "num_hidden_layers":4,"vocab_size":83,"max_position_embeddings":128,"norm_eps":1e-5,"conv_L_cache":5,"conv_bias":true,"full_attn_idxs":[0,2],"theta":500.0,"rope_theta":3.0,
             "tie_embedding":false}
            """, m => Decoder(m, new(30, 1, 6, "ACAC", 5) { Theta = 500, Head = "lm_head", Width = 77 })),
        Case("lfm2, rounded width, wide heads", """
            {"architectures":["Lfm2ForCausalLM"],"hidden_size":96,"intermediate_size":100,"block_multiple_of":50,"num_attention_heads":3,"num_key_value_heads":3,"num_hidden_layers":3,
             "vocab_size":83,"max_position_embeddings":128,"norm_eps":1e-5,"conv_L_cache":2,"layer_types":["conv","full_attention","conv"],
             "rope_parameters":{"rope_type":"default","rope_theta":10000.0} }
            """, m => Decoder(m, new(96, 3, 32, "CAC", 2) { Theta = 10000, Width = 100 })),
        Case("lfm2-moe", Sparse, m => Decoder(m, new(60, 3, 10, "CCA", 4) { DenseLayers = 1 })),
        Case("lfm2-moe, shares as they are", $$"""
            {"architectures":["Lfm2MoeForCausalLM"],{{Experts}},"conv_L_cache":16,"conv_bias":true,"full_attn_idxs":[1],"use_expert_bias":false,"norm_topk_prob":false}
            """, m => Decoder(m, new(60, 3, 10, "CAC", 16) { DenseLayers = 1, IsCorrected = false })),
    ];

    private static double[][] Decoder(DefinitionMath m, Shape shape)
    {
        double[] frequencies = Frequencies(shape.Dim, shape.Theta);
        double[][] x = [.. Prompt.Select(id => m.Embed("model.embed_tokens.weight", id, shape.Hidden))];
        for (int layer = 0; layer < shape.Layers.Length; layer++)
        {
            string name = $"model.layers.{layer}.";
            double[][] h = [.. x.Select(row => m.Rms(row, name + "operator_norm", Epsilon))];
            double[][] mixed = shape.Layers[layer] == 'C' ? Convolve(m, h, name + "conv.", shape) : Attention(m, h, name + "self_attn.", shape, frequencies);
            x = [.. x.Select((row, p) => Add(row, mixed[p]))];
            bool isDense = layer < shape.DenseLayers;
            x = [.. x.Select(row => m.Rms(row, name + "ffn_norm", Epsilon) is var normed
                ? Add(row, isDense ? Gated(m, normed, name + "feed_forward.", shape.Width) : Routed(m, normed, name + "feed_forward.", shape.IsCorrected)) : row)];
        }

        return [.. x.Select(row => m.Linear(shape.Head, m.Rms(row, "model.embedding_norm", Epsilon)))];
    }

    /// <summary>Channel by channel: what is let in, then the sum over the last few positions, then what is let out.</summary>
    private static double[][] Convolve(DefinitionMath m, double[][] h, string name, Shape shape)
    {
        int n = shape.Hidden, length = shape.Length;
        double[][] parts = [.. h.Select(row => m.Linear(name + "in_proj", row))];
        double[] taps = m.Tensor(name + "conv.weight");
        var mixed = new double[h.Length][];
        for (int p = 0; p < h.Length; p++)
        {
            var y = new double[n];
            for (int channel = 0; channel < n; channel++)
            {
                double sum = m[name + "conv.bias"]?[channel] ?? 0;
                for (int back = 0; back < length && back <= p; back++)
                    sum += taps[channel * length + length - 1 - back] * parts[p - back][channel] * parts[p - back][2 * n + channel];
                y[channel] = parts[p][n + channel] * sum;
            }

            mixed[p] = m.Linear(name + "out_proj", y);
        }

        return mixed;
    }

    private static double[][] Attention(DefinitionMath m, double[][] h, string name, Shape shape, double[] frequencies)
    {
        double[] Prepared(double[] row, string norm, int p) =>
            RotateHalves([.. row.Chunk(shape.Dim).SelectMany(head => m.Rms(head, name + norm, Epsilon))], shape.Dim, p, frequencies);
        double[][] values = [.. h.Select(row => m.Linear(name + "v_proj", row))];
        Assert.That(values[0], Has.Length.EqualTo(shape.KvHeads * shape.Dim));
        double[][] a = Attend(
            [.. h.Select((row, p) => Prepared(m.Linear(name + "q_proj", row), "q_layernorm", p))], [.. h.Select((row, p) => Prepared(m.Linear(name + "k_proj", row), "k_layernorm", p))],
            values, shape.Dim, 1 / Math.Sqrt(shape.Dim));
        return [.. a.Select(row => m.Linear(name + "out_proj", row))];
    }

    private static double[] Gated(DefinitionMath m, double[] h, string name, int? width)
    {
        double[] gate = m.Linear(name + "w1", h);
        if (width is not null) Assert.That(gate, Has.Length.EqualTo(width));
        return m.Linear(name + "w2", Times(Map(gate, Silu), m.Linear(name + "w3", h)));
    }

    private static double[] Routed(DefinitionMath m, double[] h, string name, bool isCorrected)
    {
        double[] shares = Map(m.Linear(name + "gate", h), logit => 1 / (1 + Math.Exp(-logit))), sum = new double[h.Length];
        double[] ranks = isCorrected ? Add(shares, m.Tensor(name + "expert_bias")) : shares;
        int[] chosen = [.. Enumerable.Range(0, 7).OrderByDescending(expert => ranks[expert]).Take(3)];
        double total = isCorrected ? chosen.Sum(expert => shares[expert]) + 1e-6 : 1;
        foreach (int expert in chosen) sum = Add(sum, Times(Gated(m, h, $"{name}experts.{expert}.", 37), 1.7 * shares[expert] / total));
        return sum;
    }

    /// <summary>One model's sizes; of its layers C is a convolution over some positions and A attention.</summary>
    private sealed record Shape(int Hidden, int KvHeads, int Dim, string Layers, int Length)
    {
        public double Theta { get; init; } = 1e6;

        public string Head { get; init; } = "model.embed_tokens";

        public int DenseLayers { get; init; } = int.MaxValue;

        public bool IsCorrected { get; init; } = true;

        public int? Width { get; init; }
    }
}
