using static Furiosa.Tests.Device.Models.DefinitionMath;
using static Furiosa.Tests.Device.Models.DefinitionTests;

namespace Furiosa.Tests.Device.Models;

/// <summary>The definitions of families in which layers with the gated delta rule stand beside attention: Qwen3-Next and Qwen3.5.</summary>
internal static class RecurrentDefinitions
{
    /// <summary>Three groups of two heads, five layers of both kinds.</summary>
    internal const string Qwen35 = """
        {"architectures":["Qwen3_5ForCausalLM"],"hidden_size":44,"intermediate_size":75,"num_attention_heads":6,"num_key_value_heads":3,"head_dim":10,"num_hidden_layers":5,"vocab_size":83,
         "max_position_embeddings":128,"rms_norm_eps":1e-5,"linear_num_key_heads":3,"linear_num_value_heads":6,"linear_key_head_dim":10,"linear_value_head_dim":12,"linear_conv_kernel_dim":4,
         "rope_parameters":{"rope_type":"default","rope_theta":10000.0,"partial_rotary_factor":0.4,"mrope_section":[1,1,0],"mrope_interleaved":true},
         "layer_types":["linear_attention","full_attention","linear_attention","linear_attention","full_attention"]}
        """;

    private const string Experts = """
        "num_experts":7,"num_experts_per_tok":3,"moe_intermediate_size":37,"shared_expert_intermediate_size":50
        """;

    /// <summary>The same sizes with interleaved tensors and experts; the second layer is dense.</summary>
    internal static readonly string Qwen3Next = $$"""
        {"architectures":["Qwen3NextForCausalLM"],"hidden_size":44,"intermediate_size":75,"num_attention_heads":6,"num_key_value_heads":3,"head_dim":10,"num_hidden_layers":4,"vocab_size":83,
         "max_position_embeddings":128,"rms_norm_eps":1e-5,"linear_num_key_heads":3,"linear_num_value_heads":6,"linear_key_head_dim":10,"linear_value_head_dim":12,"linear_conv_kernel_dim":4,
         "partial_rotary_factor":0.4,"rope_theta":500.0,"full_attention_interval":2,"mlp_only_layers":[1],{{Experts}} }
        """;

    internal static readonly string Qwen35Moe = Qwen35.Replace("Qwen3_5For", "Qwen3_5MoeFor", StringComparison.Ordinal).Replace("\"rms_norm_eps\"", Experts + ",\"rms_norm_eps\"", StringComparison.Ordinal);

    // Of a head's first positions there is little but query times key, which may be almost nothing: the norm behind it makes its rounding large.
    private const double Bound = 5e-5;

    internal static IEnumerable<TestCaseData> Cases() =>
    [
        Case("qwen3.5", Qwen35, m => Decoder(m, new("DADDA")), bound: Bound),
        Case("qwen3.5, tied, one group, biases", """
            {"architectures":["Qwen3_5ForCausalLM"],"hidden_size":44,"intermediate_size":75,"num_attention_heads":6,"num_key_value_heads":3,"head_dim":10,"num_hidden_layers":4,"vocab_size":83,
             "max_position_embeddings":128,"rms_norm_eps":1e-5,"linear_num_key_heads":1,"linear_num_value_heads":5,"linear_key_head_dim":7,"linear_value_head_dim":3,"linear_conv_kernel_dim":2,
             "partial_rotary_factor":1.0,"attention_bias":true,"tie_word_embeddings":true}
            """, m => Decoder(m, new("DDDA") { Groups = 1, Heads = 5, KeyDim = 7, ValueDim = 3, Taps = 2, Rotated = 10, Head = "model.embed_tokens" }), bound: Bound),
        Case("qwen3.5, a group for each head", Qwen35.Replace("\"linear_num_key_heads\":3", "\"linear_num_key_heads\":6", StringComparison.Ordinal), m => Decoder(m, new("DADDA") { Groups = 6 }), bound: Bound),
        Case("qwen3-next", Qwen3Next, m => Decoder(m, new("DADA") { Theta = 500, IsByGroup = true, Mlp = (h, name, layer) => layer == 1 ? Gated(m, h, name) : Routed(m, h, name) }), bound: Bound),
        Case("qwen3-next, shares as they are", Qwen3Next.Replace("\"mlp_only_layers\":[1]", "\"norm_topk_prob\":false,\"decoder_sparse_step\":2", StringComparison.Ordinal), m => Decoder(m, new("DADA")
        {
            Theta = 500, IsByGroup = true, Mlp = (h, name, layer) => layer % 2 == 0 ? Gated(m, h, name) : Routed(m, h, name, normalized: false),
        }), bound: Bound),
        Case("qwen3.5-moe", Qwen35Moe, m => Decoder(m, new("DADDA") { Mlp = (h, name, _) => Routed(m, h, name, stacked: true) }), bound: Bound),
        // The only sizes that llama.cpp has: bench/agree.mjs compares with it.
        Case("qwen3.5, values as long as keys", Square(Qwen35), m => Decoder(m, new("DADDA") { ValueDim = 10 }), bound: Bound),
        Case("qwen3-next, values as long as keys", Square(Qwen3Next).Replace("\"mlp_only_layers\":[1]", "\"mlp_only_layers\":[]", StringComparison.Ordinal),
            m => Decoder(m, new("DADA") { Theta = 500, IsByGroup = true, ValueDim = 10, Mlp = (h, name, _) => Routed(m, h, name) }), bound: Bound),
        Case("qwen3.5-moe, values as long as keys", Square(Qwen35Moe), m => Decoder(m, new("DADDA") { ValueDim = 10, Mlp = (h, name, _) => Routed(m, h, name, stacked: true) }), bound: Bound),
    ];

    private static string Square(string config) => config.Replace("\"linear_value_head_dim\":12", "\"linear_value_head_dim\":10", StringComparison.Ordinal);

    private static double[][] Decoder(DefinitionMath m, Shape shape)
    {
        double[] frequencies = Frequencies(shape.Rotated, shape.Theta);
        double[][] x = [.. Prompt.Select(id => m.Embed("model.embed_tokens.weight", id, Hidden))];
        for (int layer = 0; layer < shape.Layers.Length; layer++)
        {
            string name = $"model.layers.{layer}.";
            double[][] h = [.. x.Select(row => Norm(m, row, name + "input_layernorm"))];
            double[][] mixed = shape.Layers[layer] == 'D' ? Delta(m, h, name + "linear_attn.", shape) : Attention(m, h, name + "self_attn.", frequencies);
            x = [.. x.Select((row, p) => Add(row, mixed[p]))];
            x = [.. x.Select(row => Norm(m, row, name + "post_attention_layernorm") is var normed
                ? Add(row, shape.Mlp is { } own ? own(normed, name + "mlp.", layer) : Gated(m, normed, name + "mlp.")) : row)];
        }

        return [.. x.Select(row => m.Linear(shape.Head, Norm(m, row, "model.norm")))];
    }

    private static double[] Norm(DefinitionMath m, double[] row, string name) => Rms(row, Map(m.Tensor(name + ".weight"), weight => 1 + weight), Epsilon);

    /// <summary>Position after position: what is convolved, then each head's state, which fades, takes up what it does not yet give for the key, and is read.</summary>
    private static double[][] Delta(DefinitionMath m, double[][] h, string name, Shape shape)
    {
        int keyWidth = shape.Groups * shape.KeyDim, perGroup = shape.Heads / shape.Groups, dim = shape.ValueDim;
        double[][] mixed = new double[h.Length][], convolved = Convolved(m, [.. h.Select(row => Parts(m, row, name, shape).Qkv)], name + "conv1d", shape.Taps);
        var states = new double[shape.Heads][];
        for (int head = 0; head < shape.Heads; head++) states[head] = new double[shape.KeyDim * dim];
        double[] logarithms = m.Tensor(name + "A_log"), bias = m.Tensor(name + "dt_bias"), weight = m.Tensor(name + "norm.weight");
        for (int p = 0; p < h.Length; p++)
        {
            var (_, z, a, b) = Parts(m, h[p], name, shape);
            var output = new List<double>();
            for (int head = 0; head < shape.Heads; head++)
            {
                int group = head / perGroup;
                double[] query = Times(Unit(convolved[p].AsSpan(group * shape.KeyDim, shape.KeyDim).ToArray()), 1 / Math.Sqrt(shape.KeyDim));
                double[] key = Unit(convolved[p].AsSpan(keyWidth + group * shape.KeyDim, shape.KeyDim).ToArray()), state = states[head];
                double fade = Math.Exp(-Math.Exp(logarithms[head]) * Softplus(a[head] + bias[head])), taken = 1 / (1 + Math.Exp(-b[head]));
                var y = new double[dim];
                for (int d = 0; d < dim; d++)
                {
                    double known = 0;
                    for (int k = 0; k < key.Length; k++) known += key[k] * (state[k * dim + d] *= fade);
                    double news = taken * (convolved[p][2 * keyWidth + head * dim + d] - known);
                    for (int k = 0; k < key.Length; k++) state[k * dim + d] += key[k] * news;
                    for (int k = 0; k < key.Length; k++) y[d] += query[k] * state[k * dim + d];
                }

                output.AddRange(Times(Rms(y, weight, Epsilon), Map(z[(head * dim)..((head + 1) * dim)], Silu)));
            }

            mixed[p] = m.Linear(name + "out_proj", [.. output]);
        }

        return mixed;
    }

    /// <summary>Queries, keys and values of all groups, then gates, steps and shares of all heads, from either form of the projection.</summary>
    private static (double[] Qkv, double[] Z, double[] A, double[] B) Parts(DefinitionMath m, double[] h, string name, Shape shape)
    {
        if (!shape.IsByGroup) return (m.Linear(name + "in_proj_qkv", h), m.Linear(name + "in_proj_z", h), m.Linear(name + "in_proj_a", h), m.Linear(name + "in_proj_b", h));
        int perGroup = shape.Heads / shape.Groups, values = perGroup * shape.ValueDim;
        double[][] groups = [.. m.Linear(name + "in_proj_qkvz", h).Chunk(2 * shape.KeyDim + 2 * values)], numbers = [.. m.Linear(name + "in_proj_ba", h).Chunk(2 * perGroup)];
        double[] Of(double[][] all, int first, int count) => [.. all.SelectMany(group => group.Skip(first).Take(count))];
        return (
            [.. Of(groups, 0, shape.KeyDim), .. Of(groups, shape.KeyDim, shape.KeyDim), .. Of(groups, 2 * shape.KeyDim, values)], Of(groups, 2 * shape.KeyDim + values, values),
            Of(numbers, perGroup, perGroup), Of(numbers, 0, perGroup));
    }

    /// <summary>Each channel's sum over its last few positions, and a SiLU of it.</summary>
    internal static double[][] Convolved(DefinitionMath m, double[][] rows, string name, int length)
    {
        double[] taps = m.Tensor(name + ".weight");
        return [.. rows.Select((row, p) => row.Select((_, channel) =>
        {
            double sum = m[name + ".bias"]?[channel] ?? 0;
            for (int back = 0; back < length && back <= p; back++) sum += taps[channel * length + length - 1 - back] * rows[p - back][channel];
            return Silu(sum);
        }).ToArray())];
    }

    internal static double Softplus(double x) => x > 30 ? x : Math.Log(1 + Math.Exp(x));

    private static double[] Unit(double[] x) => Times(x, 1 / Math.Sqrt(x.Sum(value => value * value) + 1e-6));

    /// <summary>Each head's query is followed by its gate.</summary>
    private static double[][] Attention(DefinitionMath m, double[][] h, string name, double[] frequencies)
    {
        double[] Half(double[] row, int half) => [.. m.Linear(name + "q_proj", row).Chunk(Dim).Where((_, i) => i % 2 == half).SelectMany(part => part)];
        double[] Prepared(double[] row, string norm, int p) => RotateHalves([.. row.Chunk(Dim).SelectMany(head => Norm(m, head, name + norm))], Dim, p, frequencies);
        double[][] a = Attend(
            [.. h.Select((row, p) => Prepared(Half(row, 0), "q_norm", p))], [.. h.Select((row, p) => Prepared(m.Linear(name + "k_proj", row), "k_norm", p))],
            [.. h.Select(row => m.Linear(name + "v_proj", row))], Dim, 1 / Math.Sqrt(Dim));
        return [.. h.Select((row, p) => m.Linear(name + "o_proj", Times(a[p], Map(Half(row, 1), gate => 1 / (1 + Math.Exp(-gate))))))];
    }

    private static double[] Gated(DefinitionMath m, double[] h, string name) =>
        m.Linear(name + "down_proj", Times(Map(m.Linear(name + "gate_proj", h), Silu), m.Linear(name + "up_proj", h)));

    private static double[] Routed(DefinitionMath m, double[] h, string name, bool normalized = true, bool stacked = false)
    {
        const int width = 37;
        double[] shares = Softmax(m.Linear(name + "gate", h)), sum = Times(Gated(m, h, name + "shared_expert."), 1 / (1 + Math.Exp(-m.Linear(name + "shared_expert_gate", h)[0])));
        int[] chosen = [.. Enumerable.Range(0, shares.Length).OrderByDescending(expert => shares[expert]).Take(3)];
        double total = normalized ? chosen.Sum(expert => shares[expert]) : 1;
        foreach (int expert in chosen)
        {
            double[] output;
            if (stacked)
            {
                double[] both = Product(m.Tensor(name + "experts.gate_up_proj").AsSpan(expert * 2 * width * h.Length, 2 * width * h.Length), h);
                output = Product(m.Tensor(name + "experts.down_proj").AsSpan(expert * width * h.Length, width * h.Length), Times(Map(both[..width], Silu), both[width..]));
            }
            else
            {
                output = Gated(m, h, $"{name}experts.{expert}.");
            }

            sum = Add(sum, Times(output, shares[expert] / total));
        }

        return sum;
    }

    /// <summary>One model's sizes; of its layers D has the delta rule and A attention.</summary>
    private sealed record Shape(string Layers)
    {
        public int Groups { get; init; } = 3;

        public int Heads { get; init; } = 6;

        public int KeyDim { get; init; } = 10;

        public int ValueDim { get; init; } = 12;

        public int Taps { get; init; } = 4;

        public int Rotated { get; init; } = 4;

        public double Theta { get; init; } = 10000;

        public bool IsByGroup { get; init; }

        public string Head { get; init; } = "lm_head";

        public Func<double[], string, int, double[]>? Mlp { get; init; }
    }
}
