using static Furiosa.Tests.Device.Models.DefinitionMath;
using static Furiosa.Tests.Device.Models.DefinitionTests;

namespace Furiosa.Tests.Device.Models;

/// <summary>The definitions of families with LayerNorms and a block without a gate whose positions are linear biases or sums: BLOOM, MPT, Falcon RW, BioGPT, XGLM; and of CodeGen.</summary>
internal static class PlainDefinitions
{
    private const int Width = 48;

    internal static IEnumerable<TestCaseData> Cases() =>
    [
        Case("bloom", """{"architectures":["BloomForCausalLM"],"hidden_size":48,"n_head":6,"n_layer":3,"vocab_size":83,"layer_norm_epsilon":1e-5,"n_inner":null}""", m => Bloom(m, 6)),
        Case("bloom, older words", """
            {"architectures":["BloomForCausalLM"],"n_embed":48,"num_attention_heads":12,"n_layer":3,"vocab_size":83,"layer_norm_epsilon":1e-5,"seq_length":128,"offset_alibi":100}
            """, m => Bloom(m, 12)),
        Case("mpt", """{"architectures":["MptForCausalLM"],"d_model":48,"n_heads":12,"n_layers":3,"vocab_size":83,"max_seq_len":64,"attn_config":{"alibi":true,"alibi_bias_max":6,"clip_qkv":0.6} }""",
            m => Mpt(m, 12, 6, 0.6, 1 / Math.Sqrt(4))),
        Case("mpt, 8 heads", """{"architectures":["MptForCausalLM"],"d_model":48,"n_heads":8,"n_layers":3,"vocab_size":83,"max_seq_len":64,"attn_config":{"softmax_scale":0.3} }""",
            m => Mpt(m, 8, 8, 1e9, 0.3)),
        Case("falcon-rw", """
            {"architectures":["FalconForCausalLM"],"hidden_size":48,"num_attention_heads":12,"num_hidden_layers":3,"vocab_size":83,"alibi":true,"multi_query":false,"parallel_attn":false,"bias":true}
            """, FalconRw),
        Case("biogpt", """
            {"architectures":["BioGptForCausalLM"],"hidden_size":48,"intermediate_size":75,"num_attention_heads":6,"num_hidden_layers":3,"vocab_size":83,"max_position_embeddings":64,"layer_norm_eps":1e-12}
            """, BioGpt),
        Case("xglm", """
            {"architectures":["XGLMForCausalLM"],"d_model":48,"ffn_dim":75,"attention_heads":6,"num_layers":3,"vocab_size":83,"max_position_embeddings":64,"activation_function":"gelu"}
            """, Xglm),
        Case("codegen", """
            {"architectures":["CodeGenForCausalLM"],"n_embd":48,"n_inner":75,"n_head":8,"n_layer":3,"vocab_size":83,"n_positions":128,"rotary_dim":4,"activation_function":"gelu_new","tie_word_embeddings":false}
            """, CodeGen),
    ];

    /// <summary>BLOOM's slopes: those of the power of two below, then every second one of the next.</summary>
    private static double[] BloomSlopes(int heads)
    {
        int below = (int)Math.Pow(2, Math.Floor(Math.Log2(heads)));
        double first = Math.Pow(2, -Math.Pow(2, -(Math.Log2(below) - 3))), more = Math.Pow(2, -Math.Pow(2, -(Math.Log2(2 * below) - 3)));
        return [.. Enumerable.Range(1, below).Select(i => Math.Pow(first, i)), .. Enumerable.Range(0, heads - below).Select(i => Math.Pow(more, 2 * i + 1))];
    }

    private static double[][] Bloom(DefinitionMath m, int heads)
    {
        const string root = "transformer.";
        double[] slopes = BloomSlopes(heads);
        double[][] x = [.. Prompt.Select(id => m.LayerNorm(m.Embed(root + "word_embeddings.weight", id, Width), root + "word_embeddings_layernorm", Epsilon))];
        x = Layered(m, x, root + "h.", ("input_layernorm", "self_attention.dense", "post_attention_layernorm", "mlp.dense_h_to_4h", "mlp.dense_4h_to_h"), GeluTanh, ByHead(m, heads),
            Width / heads, 1 / Math.Sqrt(Width / heads), (head, p) => slopes[head] * p);
        return [.. x.Select(row => m.Linear(root + "word_embeddings", m.LayerNorm(row, root + "ln_f", Epsilon)))];
    }

    private static double[][] Mpt(DefinitionMath m, int heads, double most, double clip, double scale)
    {
        const string root = "transformer.";
        int above = (int)Math.Pow(2, Math.Ceiling(Math.Log2(heads)));
        double[] slopes = [.. Enumerable.Range(1, above).Select(i => 1 / Math.Pow(2, i * most / above))];
        if (above != heads) slopes = [.. slopes.Where((_, i) => i % 2 == 1), .. slopes.Where((_, i) => i % 2 == 0)];
        Assert.That(m[root + "blocks.0.norm_1.bias"], Is.Null);
        double[][] x = Layered(m, [.. Prompt.Select(id => m.Embed(root + "wte.weight", id, Width))], root + "blocks.", ("norm_1", "attn.out_proj", "norm_2", "ffn.up_proj", "ffn.down_proj"), Gelu,
            (h, name) => Clip(m.Linear(name + "attn.Wqkv", h), clip) is var qkv ? (qkv[..48], qkv[48..96], qkv[96..]) : default,
            Width / heads, scale, (head, p) => slopes[head] * (p - 63));
        return [.. x.Select(row => m.Linear(root + "wte", m.LayerNorm(row, root + "norm_f", Epsilon)))];
    }

    private static double[][] FalconRw(DefinitionMath m)
    {
        const string root = "transformer.";
        double[] slopes = BloomSlopes(12);
        double[][] x = Layered(m, [.. Prompt.Select(id => m.Embed(root + "word_embeddings.weight", id, Width))], root + "h.",
            ("input_layernorm", "self_attention.dense", "post_attention_layernorm", "mlp.dense_h_to_4h", "mlp.dense_4h_to_h"), Gelu, ByHead(m, 12), 4, 0.5, (head, p) => 0.5 * Brain(Brain(slopes[head]) * p));
        return [.. x.Select(row => m.Linear(root + "word_embeddings", m.LayerNorm(row, root + "ln_f", Epsilon)))];
    }

    private static double[][] BioGpt(DefinitionMath m)
    {
        const string root = "biogpt.";
        double[][] x = [.. Prompt.Select((id, p) => Add(Times(m.Embed(root + "embed_tokens.weight", id, Width), Math.Sqrt(Width)), m.Embed(root + "embed_positions.weight", p + 2, Width)))];
        x = Fairseq(m, x, root + "layers.");
        return [.. x.Select(row => m.Linear(root + "embed_tokens", m.LayerNorm(row, root + "layer_norm", Epsilon)))];
    }

    private static double[][] Xglm(DefinitionMath m)
    {
        double Angle(int i, int p) => (p + 2) * Math.Exp(-i * Math.Log(10000) / 23);
        double[][] x = [.. Prompt.Select((id, p) => Add(
            Times(m.Embed("model.embed_tokens.weight", id, Width), Math.Sqrt(Width)),
            [.. Enumerable.Range(0, 24).Select(i => Math.Sin(Angle(i, p))), .. Enumerable.Range(0, 24).Select(i => Math.Cos(Angle(i, p)))]))];
        x = Fairseq(m, x, "model.layers.");
        return [.. x.Select(row => m.Linear("model.embed_tokens", m.LayerNorm(row, "model.layer_norm", Epsilon)))];
    }

    private static double[][] Fairseq(DefinitionMath m, double[][] x, string layers) =>
        Layered(m, x, layers, ("self_attn_layer_norm", "self_attn.out_proj", "final_layer_norm", "fc1", "fc2"), Gelu,
            (h, name) => (m.Linear(name + "self_attn.q_proj", h), m.Linear(name + "self_attn.k_proj", h), m.Linear(name + "self_attn.v_proj", h)), 8, 1 / Math.Sqrt(8), null);

    private static double[][] CodeGen(DefinitionMath m)
    {
        double[] frequencies = Frequencies(4, 10000);
        // Of four blocks, each with two heads' queries, their values, their keys.
        double[] Part(double[] qkv, int part) => [.. Enumerable.Range(0, 4).SelectMany(block => qkv.AsSpan((block * 3 + part) * 12, 12).ToArray())];
        double[][] x = [.. Prompt.Select(id => m.Embed("transformer.wte.weight", id, Width))];
        for (int layer = 0; layer < Layers; layer++)
        {
            string name = $"transformer.h.{layer}.";
            double[][] h = [.. x.Select(row => m.LayerNorm(row, name + "ln_1", Epsilon))], qkv = [.. h.Select(row => m.Linear(name + "attn.qkv_proj", row))];
            double[][] a = Attend(
                [.. qkv.Select((row, p) => RotatePairs(Part(row, 0), 6, p, frequencies))], [.. qkv.Select((row, p) => RotatePairs(Part(row, 2), 6, p, frequencies))],
                [.. qkv.Select(row => Part(row, 1))], 6, 1 / Math.Sqrt(6));
            x = [.. x.Select((row, p) => Add(row, Add(
                m.Linear(name + "attn.out_proj", a[p]), m.Linear(name + "mlp.fc_out", Map(m.Linear(name + "mlp.fc_in", h[p]), GeluTanh)))))];
        }

        return [.. x.Select(row => m.Linear("lm_head", m.LayerNorm(row, "transformer.ln_f", Epsilon)))];
    }

    private static double[][] Layered(
        DefinitionMath m, double[][] x, string layers, (string Norm, string Output, string MlpNorm, string Up, string Down) names, Func<double, double> activation,
        Func<double[], string, (double[] Query, double[] Key, double[] Value)> project, int dim, double scale, Func<int, int, double>? bias)
    {
        for (int layer = 0; layer < Layers; layer++)
        {
            string name = $"{layers}{layer}.";
            (double[] Query, double[] Key, double[] Value)[] qkv = [.. x.Select(row => project(m.LayerNorm(row, name + names.Norm, Epsilon), name))];
            double[][] a = Attend([.. qkv.Select(row => row.Query)], [.. qkv.Select(row => row.Key)], [.. qkv.Select(row => row.Value)], dim, scale, bias: bias);
            x = [.. x.Select((row, p) => Add(row, m.Linear(name + names.Output, a[p])))];
            x = [.. x.Select(row => Add(row, m.Linear(name + names.Down, Map(m.Linear(name + names.Up, m.LayerNorm(row, name + names.MlpNorm, Epsilon)), activation))))];
        }

        return x;
    }

    // Head by head a query, a key and a value.
    private static Func<double[], string, (double[] Query, double[] Key, double[] Value)> ByHead(DefinitionMath m, int heads) => (h, name) =>
    {
        int dim = Width / heads;
        double[] qkv = m.Linear(name + "self_attention.query_key_value", h);
        double[] Part(int part) => [.. Enumerable.Range(0, heads).SelectMany(head => qkv.AsSpan((3 * head + part) * dim, dim).ToArray())];
        return (Part(0), Part(1), Part(2));
    };

    // The nearest number of eight binary digits; of two the even one.
    private static double Brain(double x)
    {
        if (x == 0) return 0;
        double unit = Math.Pow(2, Math.Floor(Math.Log2(Math.Abs(x))) - 7);
        return Math.Round(x / unit, MidpointRounding.ToEven) * unit;
    }
}
