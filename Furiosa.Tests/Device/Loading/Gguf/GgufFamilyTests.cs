using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Furiosa.Device.Loading;
using Furiosa.Tests.Device.Models;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Loading.Gguf;

/// <summary>Random models written as llama.cpp's converter does, with its names, its order of rows and its stacks of experts: the same bits as from the directory.</summary>
public sealed class GgufFamilyTests
{
    private const string Sizes = """
        "hidden_size":48,"intermediate_size":75,"num_attention_heads":6,"num_key_value_heads":3,"head_dim":8,"num_hidden_layers":2,"vocab_size":83,
        "max_position_embeddings":128,"rms_norm_eps":1e-5,"layer_norm_eps":1e-5,"norm_epsilon":1e-5,"hidden_act":"silu"
        """;

    // Whole names or parts of a layer, Hugging Face's first.
    private static readonly Dictionary<string, string> Names = new()
    {
        ["model.embed_tokens"] = "token_embd", ["model.norm"] = "output_norm", ["model.final_layernorm"] = "output_norm", ["lm_head"] = "output",
        ["input_layernorm"] = "attn_norm", ["post_attention_layernorm"] = "ffn_norm", ["self_attn.q_proj"] = "attn_q", ["self_attn.k_proj"] = "attn_k", ["self_attn.v_proj"] = "attn_v",
        ["self_attn.o_proj"] = "attn_output", ["self_attn.dense"] = "attn_output", ["self_attn.q_norm"] = "attn_q_norm", ["self_attn.k_norm"] = "attn_k_norm",
        ["mlp.gate_proj"] = "ffn_gate", ["mlp.up_proj"] = "ffn_up", ["mlp.down_proj"] = "ffn_down", ["mlp.c_fc"] = "ffn_up", ["mlp.c_proj"] = "ffn_down", ["mlp.fc1"] = "ffn_up", ["mlp.fc2"] = "ffn_down",
        ["mlp.gate"] = "ffn_gate_inp", ["block_sparse_moe.router.layer"] = "ffn_gate_inp", ["mlp.shared_expert_gate"] = "ffn_gate_inp_shexp",
        ["mlp.shared_expert.gate_proj"] = "ffn_gate_shexp", ["mlp.shared_expert.up_proj"] = "ffn_up_shexp", ["mlp.shared_expert.down_proj"] = "ffn_down_shexp",
        ["block_sparse_moe.output_linear"] = "ffn_down_exps",
    };

    [TestCase("qwen2moe", "Qwen2MoeForCausalLM", "\"num_experts\":5,\"num_experts_per_tok\":2,\"moe_intermediate_size\":37,\"shared_expert_intermediate_size\":50,\"norm_topk_prob\":false")]
    [TestCase("olmoe", "OlmoeForCausalLM", "\"num_experts\":5,\"num_experts_per_tok\":2")]
    [TestCase("granitemoe", "GraniteMoeForCausalLM", "\"num_local_experts\":5,\"num_experts_per_tok\":2,\"embedding_multiplier\":3.0,\"attention_multiplier\":0.2,\"residual_multiplier\":0.4,\"logits_scaling\":5.0", true)]
    [TestCase("olmo", "OlmoForCausalLM", "\"tie_word_embeddings\":false", true)]
    [TestCase("command-r", "CohereForCausalLM", "\"use_qk_norm\":true,\"logit_scale\":0.3")]
    [TestCase("stablelm", "StableLmForCausalLM", "\"partial_rotary_factor\":0.5,\"use_qkv_bias\":true")]
    [TestCase("stablelm", "StableLmForCausalLM", "\"partial_rotary_factor\":0.5,\"use_parallel_residual\":true")]
    [TestCase("starcoder2", "Starcoder2ForCausalLM", "\"use_bias\":true")]
    [TestCase("phi2", "PhiForCausalLM", "\"partial_rotary_factor\":0.5")]
    public void Logits_OfAConvertedModel_AreTheDirectorys(string family, string architecture, string own, bool permutes = false)
    {
        var act = family is "starcoder2" or "phi2" ? Sizes.Replace("\"silu\"", "\"gelu_new\"", StringComparison.Ordinal) : Sizes;
        using var model = new RandomCheckpoint($$"""{"architectures":["{{architecture}}"],{{act}},{{own}}}""");
        using var directory = new TemporaryDirectory();
        var path = directory.Write("model.gguf", Convert(model, family, permutes));
        int[] prompt = [.. Enumerable.Range(1, 30)];
        using var original = ReplicaRunner.Open(model.Path);
        using var converted = ReplicaRunner.Open(path, tensorParallel: 2);
        var (expected, actual) = (original.Prefill(prompt), converted.Prefill(prompt));
        for (var row = 0; row < prompt.Length; row++)
            Assert.That(MemoryMarshal.AsBytes<float>(actual[row]).SequenceEqual(MemoryMarshal.AsBytes<float>(expected[row])), $"row {row}: {actual[row][0]} for {expected[row][0]}");
    }

    private static byte[] Convert(RandomCheckpoint model, string family, bool permutes)
    {
        var config = JsonDocumentFile.ReadObject(Path.Combine(model.Path, "config.json"));
        var writer = new GgufWriter().Set("general.architecture", family);
        foreach (var (name, key) in new[]
        {
            ("num_hidden_layers", "block_count"), ("max_position_embeddings", "context_length"), ("hidden_size", "embedding_length"), ("intermediate_size", "feed_forward_length"),
            ("num_attention_heads", "attention.head_count"), ("num_key_value_heads", "attention.head_count_kv"), ("num_experts", "expert_count"), ("num_local_experts", "expert_count"),
            ("num_experts_per_tok", "expert_used_count"), ("moe_intermediate_size", "expert_feed_forward_length"), ("shared_expert_intermediate_size", "expert_shared_feed_forward_length"),
        })
        {
            if (config.TryGetProperty(name, out var value)) writer.Set($"{family}.{key}", value.GetInt32());
        }

        foreach (var (name, key) in new[]
        {
            ("rms_norm_eps", "attention.layer_norm_rms_epsilon"), ("rms_norm_eps", "attention.layer_norm_epsilon"), ("logit_scale", "logit_scale"), ("logits_scaling", "logit_scale"),
            ("residual_multiplier", "residual_scale"), ("embedding_multiplier", "embedding_scale"), ("attention_multiplier", "attention.scale"),
        })
        {
            if (config.TryGetProperty(name, out var value)) writer.Set($"{family}.{key}", (float)value.GetDouble());
        }

        if (config.TryGetProperty("partial_rotary_factor", out var share)) writer.Set($"{family}.rope.dimension_count", (int)(8 * share.GetDouble()));
        using var store = TensorStore.Open(model.Path);
        var experts = new SortedDictionary<string, List<(int Expert, TensorView Tensor)>>(StringComparer.Ordinal);
        foreach (var tensor in store.Names.Order(StringComparer.Ordinal).Select(name => store.Find(name)!).Where(tensor => tensor.Name != "unused"))
        {
            var match = Regex.Match(tensor.Name, @"^(?:model\.layers\.(\d+)\.)?(.*)\.(weight|bias)$");
            string layer = match.Groups[1].Value, part = match.Groups[2].Value, prefix = layer.Length > 0 ? $"blk.{layer}." : "";
            if (Regex.Match(part, @"^mlp\.experts\.(\d+)\.(gate|up|down)_proj$") is { Success: true } expert)
            {
                var stack = $"{prefix}ffn_{expert.Groups[2].Value}_exps.weight";
                if (!experts.TryGetValue(stack, out var list)) experts.Add(stack, list = []);
                list.Add((int.Parse(expert.Groups[1].Value), tensor));
            }
            else if (part == "block_sparse_moe.input_linear")
            {
                Split(writer, prefix, tensor);
            }
            else
            {
                var values = tensor.ReadAll();
                if (permutes && part is "self_attn.q_proj" or "self_attn.k_proj") values = Permuted(values, part[10] == 'q' ? 6 : 3, 8);
                long[] shape = part == "mlp.shared_expert_gate" ? [tensor.ElementCount] : [.. tensor.Shape];
                writer.Add($"{prefix}{Names[part]}.{match.Groups[3].Value}", shape, 0, Bytes(values));
            }
        }

        foreach (var (name, list) in experts)
        {
            var stacked = list.OrderBy(item => item.Expert).SelectMany(item => item.Tensor.ReadAll()).ToArray();
            writer.Add(name, [list.Count, .. list[0].Tensor.Shape], 0, Bytes(stacked));
        }

        return writer.Write();
    }

    private static void Split(GgufWriter writer, string prefix, TensorView tensor)
    {
        long count = tensor.Shape[0], width = tensor.Shape[1] / 2, columns = tensor.Shape[2];
        var values = tensor.ReadAll();
        foreach (var (name, half) in new[] { ("ffn_gate_exps", 0), ("ffn_up_exps", 1) })
        {
            var part = Enumerable.Range(0, (int)count).SelectMany(expert => values.Skip((int)((2 * expert + half) * width * columns)).Take((int)(width * columns))).ToArray();
            writer.Add($"{prefix}{name}.weight", [count, width, columns], 0, Bytes(part));
        }
    }

    // weights.reshape(heads, 2, half, columns).swapaxes(1, 2)
    private static float[] Permuted(float[] values, int heads, int headDim)
    {
        int columns = values.Length / (heads * headDim), half = headDim / 2;
        var result = new float[values.Length];
        for (var head = 0; head < heads; head++)
        {
            for (var part = 0; part < 2; part++)
            {
                for (var i = 0; i < half; i++)
                    values.AsSpan((head * headDim + part * half + i) * columns, columns).CopyTo(result.AsSpan((head * headDim + 2 * i + part) * columns));
            }
        }

        return result;
    }

    private static byte[] Bytes(float[] values) => MemoryMarshal.AsBytes<float>(values).ToArray();
}
