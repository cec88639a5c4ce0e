using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Furiosa.Device.Loading;
using Furiosa.Tests.Device.Models;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Artifacts;

/// <summary>Artifacts of quantised checkpoints compute the same bits as the checkpoints, and hold nothing that their rows were made from.</summary>
public sealed class QuantizedArtifactTests
{
    private const int Group = 32;
    private readonly Random _random = new(3);

    [TestCase("""{"quant_method":"gptq","bits":4,"group_size":32}""")]
    [TestCase("""{"quant_method":"gptq","bits":8,"group_size":32}""")]
    [TestCase("""{"quant_method":"awq","bits":4,"group_size":32,"version":"gemm","zero_point":true}""")]
    [TestCase("""{"quant_method":"compressed-tensors","format":"pack-quantized","config_groups":{"g":{"weights":{"num_bits":8,"type":"int","group_size":32}}}}""")]
    [TestCase("""{"quant_method":"fp8"}""")]
    public void Logits_OfAnArtifact_AreTheCheckpoints(string quantization)
    {
        using var model = new TinyModel("LlamaForCausalLM", 64, 1, 4, 2, 16, 96, 40);
        using var directory = new TemporaryDirectory();
        Quantise(model.Path, quantization);
        var artifact = BuiltArtifact.Of(model.Path, directory, tensorParallel: 2);
        int[] prompt = [1, 2, 3, 4, 5];
        using var original = ReplicaRunner.Open(model.Path);
        using var packed = ReplicaRunner.Open(artifact, tensorParallel: 2);
        var (expected, actual) = (original.Prefill(prompt), packed.Prefill(prompt));

        for (var row = 0; row < prompt.Length; row++)
        {
            Assert.That(expected[row], Has.All.Matches<float>(float.IsFinite));
            Assert.That(MemoryMarshal.AsBytes<float>(actual[row]).SequenceEqual(MemoryMarshal.AsBytes<float>(expected[row])), $"row {row}");
        }

        using var plain = SafetensorsFile.Open(Path.Combine(artifact, "model.safetensors"));
        Assert.That(plain.Tensors.Keys, Has.None.Contains("_proj"));
    }

    // Puts random codes in the place of the layer's matrices.
    private void Quantise(string model, string quantization)
    {
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(model, "config.json")))!.AsObject();
        config["quantization_config"] = JsonNode.Parse(quantization);
        File.WriteAllText(Path.Combine(model, "config.json"), config.ToJsonString());
        var method = (string)config["quantization_config"]!["quant_method"]!;
        var inWord = quantization.Contains("bits\":8", StringComparison.Ordinal) ? 4 : 8;
        var tensors = new List<(string Name, string Type, long[] Shape, byte[] Data)>();
        using (var store = TensorStore.Open(model))
        {
            foreach (var tensor in store.Names.Select(name => store.Find(name)!))
            {
                if (!tensor.Name.Contains("_proj", StringComparison.Ordinal)) tensors.Add((tensor.Name, "F32", [.. tensor.Shape], tensor.Bytes.ToArray()));
                else tensors.AddRange(Parts(tensor.Name[..^".weight".Length], tensor.Shape[0], tensor.Shape[1], method, inWord));
            }
        }

        File.WriteAllBytes(Path.Combine(model, "model.safetensors"), SafetensorsWriter.Write([.. tensors]));
    }

    private IEnumerable<(string Name, string Type, long[] Shape, byte[] Data)> Parts(string module, long outputs, long inputs, string method, int inWord) => method switch
    {
        "gptq" => [Words(module + ".qweight", inputs / inWord, outputs), Words(module + ".qzeros", inputs / Group, outputs / inWord), Scales(module + ".scales", inputs / Group, outputs)],
        "awq" => [Words(module + ".qweight", inputs, outputs / inWord), Words(module + ".qzeros", inputs / Group, outputs / inWord), Scales(module + ".scales", inputs / Group, outputs)],
        "fp8" => [(module + ".weight", "F8_E4M3", [outputs, inputs], [.. Random(outputs * inputs).Select(code => (byte)(code & 0xBF))]), Scales(module + ".weight_scale", outputs, 1)],
        _ =>
        [
            Words(module + ".weight_packed", outputs, inputs / inWord), Scales(module + ".weight_scale", outputs, inputs / Group),
            (module + ".weight_shape", "I64", [2], MemoryMarshal.AsBytes<long>([outputs, inputs]).ToArray()),
        ],
    };

    private (string Name, string Type, long[] Shape, byte[] Data) Words(string name, long rows, long columns) => (name, "I32", [rows, columns], Random(rows * columns * 4));

    private (string Name, string Type, long[] Shape, byte[] Data) Scales(string name, long rows, long columns) =>
        SafetensorsWriter.Halves(name, [rows, columns], [.. Random(rows * columns).Select(value => (value + 1) / 65536f)]);

    private byte[] Random(long count)
    {
        var bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }
}
