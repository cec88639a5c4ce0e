using Furiosa.Device.Loading;
using Furiosa.Tests.Device.Loading.Gguf;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Loading;

/// <summary>
/// Thousands of damaged files, the same in every run: each is read whole or refused with <see cref="ModelFormatException"/>, and none
/// makes the reader take much more memory than the file has bytes.
/// </summary>
[TestFixture]
internal sealed class MutatedFilesTests
{
    private const int Files = 1500;
    private const long MostBytes = 64L << 20;

    [Test]
    public void Gguf_HoweverDamaged_IsReadOrRefused()
    {
        var whole = new GgufWriter().Set("general.architecture", "llama").Set("general.alignment", 32).Set("llama.block_count", 1).Set("llama.embedding_length", 64)
            .Set("llama.attention.head_count", 2).Set("llama.feed_forward_length", 64).Set("tokenizer.ggml.tokens", new[] { "a", "b" })
            .Set("tokenizer.ggml.scores", new[] { 0f, 1f }).Add("token_embd.weight", [2, 64], 0, new byte[512])
            .Add("blk.0.attn_q.weight", [64, 64], 8, GgufRowsTests.Blocks("Q8_0", 34, 128, 1)).Write();
        Run(whole, "model.gguf", (path, random) =>
        {
            _ = ModelDirectory.Open(path);
            using var store = TensorStore.Open(path);
            ReadAll(store);
        });
    }

    [Test]
    public void Safetensors_HoweverDamaged_IsReadOrRefused()
    {
        var whole = SafetensorsWriter.Write(
            ("m.weight", "F8_E4M3", [8, 32], new byte[256]), ("m.weight_scale", "F32", [8, 1], new byte[32]),
            ("p.weight_packed", "I32", [8, 4], new byte[128]), ("p.weight_scale", "F32", [8, 1], new byte[32]), ("p.weight_shape", "I64", [2], [8, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0]),
            ("q.qweight", "I32", [4, 8], new byte[128]), ("q.qzeros", "I32", [1, 1], new byte[4]), ("q.scales", "F16", [1, 8], new byte[16]), ("q.g_idx", "I32", [32], new byte[128]),
            ("e.x_blocks", "U8", [1, 4, 1, 16], new byte[64]), ("e.x_scales", "U8", [1, 4, 1], new byte[4]));
        Run(whole, "model.safetensors", (path, random) =>
        {
            var method = random.Next(2) == 0
                ? """{"quant_method":"gptq","bits":4,"group_size":32}"""
                : """{"quant_method":"compressed-tensors","format":"pack-quantized","config_groups":{"g":{"weights":{"num_bits":4,"type":"int"}}}}""";
            File.WriteAllText(Path.Combine(Path.GetDirectoryName(path)!, "config.json"), $$"""{"quantization_config":{{method}}}""");
            using var store = ModelDirectory.Open(Path.GetDirectoryName(path)!).OpenTensors();
            ReadAll(store);
        });
    }

    private static void ReadAll(TensorStore store)
    {
        foreach (var name in store.Names)
        {
            if (store.Find(name) is { ElementCount: < 1 << 16 } tensor && (tensor.Decoder is not null || tensor.Type.IsWeight())) _ = tensor.ReadAll();
        }
    }

    private static void Run(byte[] whole, string name, Action<string, Random> read)
    {
        using var directory = new TemporaryDirectory();
        var refused = 0;
        for (var seed = 0; seed < Files; seed++)
        {
            var random = new Random(seed);
            var path = directory.Write(name, FileMutations.Bytes(whole, random));
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                read(path, random);
            }
            catch (ModelFormatException)
            {
                refused++;
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {seed}: {error}");
            }

            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(MostBytes), $"seed {seed}");
        }

        Assert.That(refused, Is.GreaterThan(Files / 10));
    }
}
