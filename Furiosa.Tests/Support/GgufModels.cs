using System.Text.Json;
using Furiosa.Device.Loading;

namespace Furiosa.Tests.Support;

/// <summary>Writes GGUF models from Hugging Face directories, as llama.cpp's converter does for the Llama family.</summary>
internal static class GgufModels
{
    private const int Bf16 = 30;

    /// <summary>The bundled model: matrices as BF16, norms as F32, its tokenizer and template as metadata.</summary>
    public static GgufWriter Demo()
    {
        var directory = ModelDirectory.Open(TestPaths.DemoModel);
        var writer = WithText(WithSizes(new GgufWriter(), directory.ReadJson("config.json")), TestPaths.DemoModel);
        using var store = directory.OpenTensors();
        foreach (var name in store.Names.Order(StringComparer.Ordinal))
        {
            var tensor = store.Find(name)!;
            var data = tensor.Shape.Length == 1
                ? System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(tensor.ReadAll()).ToArray()
                : tensor.Bytes.ToArray();
            var heads = name.Contains("q_proj", StringComparison.Ordinal) ? 8 : name.Contains("k_proj", StringComparison.Ordinal) ? 4 : 0;
            writer.Add(GgufConverter.NameOf(name), [.. tensor.Shape], tensor.Shape.Length == 1 ? 0 : Bf16, heads == 0 ? data : Interleave(data, heads, (int)tensor.ColumnCount * 2));
        }

        return writer;
    }

    /// <summary>The keys of a Llama model's sizes.</summary>
    public static GgufWriter WithSizes(GgufWriter writer, JsonElement config)
    {
        int Number(string key) => config.GetProperty(key).GetInt32();
        return writer.Set("general.architecture", "llama").Set("llama.block_count", Number("num_hidden_layers"))
            .Set("llama.context_length", Number("max_position_embeddings")).Set("llama.embedding_length", Number("hidden_size"))
            .Set("llama.feed_forward_length", Number("intermediate_size")).Set("llama.attention.head_count", Number("num_attention_heads"))
            .Set("llama.attention.head_count_kv", Number("num_key_value_heads")).Set("llama.attention.key_length", Number("head_dim"))
            .Set("llama.attention.layer_norm_rms_epsilon", (float)config.GetProperty("rms_norm_eps").GetDouble())
            .Set("llama.rope.freq_base", (float)config.GetProperty("rope_theta").GetDouble()).Set("llama.rope.dimension_count", Number("head_dim"));
    }

    /// <summary>The keys of a byte-level tokenizer and of the chat template.</summary>
    public static GgufWriter WithText(GgufWriter writer, string directory)
    {
        var root = JsonDocumentFile.ReadObject(Path.Combine(directory, "tokenizer.json"), JsonDocumentFile.MaxTokenizerBytes);
        var vocabulary = root.GetProperty("model").GetProperty("vocab").EnumerateObject().ToDictionary(entry => entry.Value.GetInt32(), entry => entry.Name);
        var added = root.GetProperty("added_tokens").EnumerateArray().ToDictionary(token => token.GetProperty("id").GetInt32());
        var size = Math.Max(vocabulary.Keys.Max(), added.Keys.Max()) + 1;
        string[] tokens = [.. Enumerable.Range(0, size).Select(id => added.TryGetValue(id, out var token) ? token.GetProperty("content").GetString()! : vocabulary.GetValueOrDefault(id, $"[{id}]"))];
        int[] types = [.. Enumerable.Range(0, size).Select(id => !added.TryGetValue(id, out var token) ? 1 : token.GetProperty("special").GetBoolean() ? 3 : 4)];
        string[] merges = [.. root.GetProperty("model").GetProperty("merges").EnumerateArray().Select(merge => merge.ValueKind == JsonValueKind.String ? merge.GetString()! : $"{merge[0].GetString()} {merge[1].GetString()}")];
        return writer.Set("tokenizer.ggml.model", "gpt2").Set("tokenizer.ggml.pre", "qwen2").Set("tokenizer.ggml.tokens", tokens)
            .Set("tokenizer.ggml.token_type", types).Set("tokenizer.ggml.merges", merges).Set("tokenizer.ggml.bos_token_id", 0)
            .Set("tokenizer.ggml.eos_token_id", 2).Set("tokenizer.ggml.padding_token_id", 0).Set("tokenizer.ggml.add_bos_token", false)
            .Set("tokenizer.chat_template", File.ReadAllText(Path.Combine(directory, "chat_template.jinja")));
    }

    // Row i of a head's first half, then row i of its second.
    private static byte[] Interleave(byte[] data, int heads, int rowBytes)
    {
        var mixed = new byte[data.Length];
        int size = data.Length / rowBytes / heads, half = size / 2;
        for (var row = 0; row < data.Length / rowBytes; row++)
        {
            var target = row - row % size + 2 * (row % half) + row % size / half;
            data.AsSpan(row * rowBytes, rowBytes).CopyTo(mixed.AsSpan(target * rowBytes));
        }

        return mixed;
    }
}
