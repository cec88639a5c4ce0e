using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace Furiosa.Device.Benchmarks;

/// <summary>A model of a named shape with random BF16 weights, written to a temporary directory that <see cref="Dispose"/> removes.</summary>
public sealed class SyntheticModel : IDisposable
{
    private const int BlockBytes = 1 << 20;

    private static readonly Dictionary<string, Shape> Known = new()
    {
        ["demo"] = new(384, 8, 8, 4, 64, 1024, 8192),
        ["160m"] = new(768, 12, 12, 12, 64, 3072, 128256),
        ["1b"] = new(2048, 16, 32, 8, 64, 8192, 128256),
        ["3b"] = new(3072, 28, 24, 8, 128, 8192, 128256),
        ["8b"] = new(4096, 32, 32, 8, 128, 14336, 128256),
    };

    private readonly DirectoryInfo _directory;

    private SyntheticModel(DirectoryInfo directory) => _directory = directory;

    /// <summary>Shapes that <see cref="Write"/> knows.</summary>
    public static IEnumerable<string> Shapes => Known.Keys;

    /// <summary>The model directory.</summary>
    public string Path => _directory.FullName;

    /// <summary>Writes a model.</summary>
    /// <param name="shape">One of <see cref="Shapes"/>.</param>
    /// <exception cref="ArgumentException">There is no such shape.</exception>
    public static SyntheticModel Write(string shape)
    {
        if (!Known.TryGetValue(shape, out var sizes)) throw new ArgumentException($"Shape '{shape}' is not known: use {string.Join(", ", Shapes)}.");
        var model = new SyntheticModel(Directory.CreateTempSubdirectory("furiosa-bench-"));
        try
        {
            File.WriteAllText(System.IO.Path.Combine(model.Path, "config.json"), Config(sizes));
            WriteWeights(System.IO.Path.Combine(model.Path, "model.safetensors"), sizes);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Removes the directory.</summary>
    public void Dispose() => _directory.Delete(recursive: true);

    private static string Config(Shape shape) => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["architectures"] = new[] { "LlamaForCausalLM" }, ["model_type"] = "llama", ["hidden_size"] = shape.Hidden,
        ["num_hidden_layers"] = shape.Layers, ["num_attention_heads"] = shape.Heads, ["num_key_value_heads"] = shape.KvHeads,
        ["head_dim"] = shape.HeadDim, ["intermediate_size"] = shape.Ffn, ["vocab_size"] = shape.Vocabulary, ["max_position_embeddings"] = 32768,
        ["rms_norm_eps"] = 1e-5, ["rope_theta"] = 500000.0, ["hidden_act"] = "silu", ["tie_word_embeddings"] = true,
        ["torch_dtype"] = "bfloat16", ["eos_token_id"] = 1,
    });

    private static IEnumerable<(string Name, long Rows, long Columns)> Tensors(Shape shape)
    {
        yield return ("model.embed_tokens.weight", shape.Vocabulary, shape.Hidden);
        yield return ("model.norm.weight", 0, shape.Hidden);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            string name = $"model.layers.{layer}.";
            yield return (name + "input_layernorm.weight", 0, shape.Hidden);
            yield return (name + "post_attention_layernorm.weight", 0, shape.Hidden);
            yield return (name + "self_attn.q_proj.weight", shape.Heads * shape.HeadDim, shape.Hidden);
            yield return (name + "self_attn.k_proj.weight", shape.KvHeads * shape.HeadDim, shape.Hidden);
            yield return (name + "self_attn.v_proj.weight", shape.KvHeads * shape.HeadDim, shape.Hidden);
            yield return (name + "self_attn.o_proj.weight", shape.Hidden, shape.Heads * shape.HeadDim);
            yield return (name + "mlp.gate_proj.weight", shape.Ffn, shape.Hidden);
            yield return (name + "mlp.up_proj.weight", shape.Ffn, shape.Hidden);
            yield return (name + "mlp.down_proj.weight", shape.Hidden, shape.Ffn);
        }
    }

    private static void WriteWeights(string path, Shape shape)
    {
        var header = new Dictionary<string, object>();
        long offset = 0;
        foreach (var (name, rows, columns) in Tensors(shape))
        {
            long end = offset + Math.Max(1, rows) * columns * 2;
            header.Add(name, new Dictionary<string, object>
            {
                ["dtype"] = "BF16", ["shape"] = rows == 0 ? new[] { columns } : [rows, columns], ["data_offsets"] = new[] { offset, end },
            });
            offset = end;
        }

        byte[] json = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(header)), length = new byte[8], block = RandomBlock();
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        using var file = File.Create(path);
        file.Write(length);
        file.Write(json);
        for (; offset > 0; offset -= BlockBytes) file.Write(block, 0, (int)Math.Min(BlockBytes, offset));
    }

    /// <summary>Numbers about zero as large as those of a trained model; the same ones again and again are as hard to multiply as others.</summary>
    private static byte[] RandomBlock()
    {
        var random = new Random(1);
        var block = new byte[BlockBytes];
        for (int i = 0; i < block.Length; i += 2)
            BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(i), (ushort)(BitConverter.SingleToUInt32Bits((float)(random.NextDouble() - 0.5) * 0.07f) >> 16));
        return block;
    }

    private sealed record Shape(int Hidden, int Layers, int Heads, int KvHeads, int HeadDim, int Ffn, int Vocabulary);
}
