using System.Text.Json;
using Furiosa.Device.Loading;
using Furiosa.Device.Sampling;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Sampling;

public sealed class SamplingConformanceTests
{
    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(4)]
    [TestCase(5)]
    [TestCase(6)]
    [TestCase(7)]
    public void Distribution_ReferenceSetting_IsWithinAMillionthInTotalVariation(int setting)
    {
        var folder = TestPaths.RequireShared("conformance", "models");
        using var file = SafetensorsFile.Open(Path.Combine(folder, "sampling.safetensors"));
        var settings = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "sampling.json"))).RootElement[setting];
        var logits = file.Tensors[$"logits.{setting}"].ReadAll();
        var expected = file.Tensors[$"probs.{setting}"].ReadAll();
        var actual = new double[logits.Length];

        new Sampler().Distribution(logits, Options(settings), Ids(file.Tensors[$"previous.{setting}"]), [], [], actual);

        Assert.That(actual.Zip(expected, (a, b) => Math.Abs(a - b)).Sum() / 2, Is.LessThan(1e-6));
        Assert.That(actual.Zip(expected, (a, b) => a > 0 == b > 0), Is.All.True, "the same tokens are kept");
    }

    private static SamplingOptions Options(JsonElement settings)
    {
        float Number(string name, float otherwise) => settings.TryGetProperty(name, out var value) ? value.GetSingle() : otherwise;
        return new SamplingOptions
        {
            Temperature = Number("temperature", 1), TopK = (int)Number("top_k", -1), TopP = Number("top_p", 1), MinP = Number("min_p", 0),
            RepetitionPenalty = Number("repetition_penalty", 1),
        };
    }

    private static int[] Ids(TensorView tensor) => tensor.Type switch
    {
        TensorType.I64 => [.. System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(tensor.Bytes).ToArray().Select(id => (int)id)],
        _ => [.. System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(tensor.Bytes)],
    };
}
