using Furiosa.Device.Execution;
using Furiosa.Device.Loading;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Models;

/// <summary>Logits and greedy ids against Hugging Face transformers, for each architecture.</summary>
[TestFixture]
internal sealed class ConformanceTests
{
    private static readonly string[] Architectures =
        ["llama", "llama-bias-linear-rope", "llama-yarn", "llama3-rope-tied", "mistral-sliding", "qwen2", "qwen3"];

    [TestCaseSource(nameof(Architectures))]
    public void Logits_OfReferencePrompts_AreWithinTolerance(string name)
    {
        using var golden = Golden(name);
        using var runner = Open(name, tensorParallel: 4);
        for (int prompt = 0; prompt < 3; prompt++)
        {
            int[] ids = Ids(golden, $"input_ids.{prompt}");
            float[][] logits = runner.Prefill(ids);
            var expected = golden.Tensors[$"logits.{prompt}"];
            int skipped = ids.Length - (int)expected.RowCount;
            for (int row = 0; row < expected.RowCount; row++)
            {
                var reference = new float[expected.ColumnCount];
                expected.ReadRow(row, reference);
                Assert.That(RelativeError(logits[skipped + row], reference), Is.LessThan(2e-4), $"prompt {prompt}, row {row}");
            }
        }
    }

    // The reference was made with a model that had been cast as a whole, which rounds the rotary frequencies.
    private static ReplicaRunner Open(string name, int tensorParallel) =>
        ReplicaRunner.Open(new ModelHostOptions { ModelDirectory = Directory(name), Bfloat16RopeFrequencies = true }, tensorParallel);

    private static string Directory(string name)
    {
        if (TestPaths.Shared is null) Assert.Ignore("The conformance data is not here.");
        return Path.Combine(TestPaths.Shared!, "conformance", "models", name);
    }

    private static SafetensorsFile Golden(string name) => SafetensorsFile.Open(Path.Combine(Directory(name), "golden.safetensors"));

    internal static int[] Ids(SafetensorsFile file, string name) =>
        [.. System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(file.Tensors[name].Bytes).ToArray().Select(id => (int)id)];

    internal static double RelativeError(float[] actual, float[] expected)
    {
        double difference = 0, norm = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            difference += Math.Pow((double)actual[i] - expected[i], 2);
            norm += Math.Pow(expected[i], 2);
        }

        return Math.Sqrt(difference / norm);
    }
}
