using System.Runtime.InteropServices;
using System.Text.Json;
using Furiosa.Device.Execution;
using Furiosa.Device.Loading;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Models;

/// <summary>Logits, greedy ids and beams against Hugging Face transformers, for each architecture.</summary>
[TestFixture]
internal sealed class ConformanceTests
{
    private const double LogitTolerance = 2e-4;
    private const double ScoreTolerance = 1e-4;
    private const double NearTie = 1e-3;

    /// <summary>The models of the conformance data.</summary>
    internal static readonly string[] Architectures =
    [
        "cohere2", "exaone4", "gemma2", "gemma3", "glm4", "gpt-oss", "gpt2", "granite", "llama", "llama-bias-linear-rope", "llama-yarn",
        "llama3-rope-tied", "mistral-sliding", "mixtral", "olmo2", "phi3", "qwen2", "qwen3", "qwen3-moe", "smollm3",
    ];

    [TestCaseSource(nameof(Architectures))]
    public void Logits_OfReferencePrompts_AreWithinTolerance(string name)
    {
        using var golden = Golden(name);
        using var runner = Open(name);
        double worst = 0;
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
                double error = RelativeError(logits[skipped + row], reference);
                worst = Math.Max(worst, error);
                Assert.That(error, Is.LessThan(LogitTolerance), $"prompt {prompt}, row {row}");
            }
        }

        TestContext.Out.WriteLine($"{name}: worst relative error {worst:E1}");
    }

    [TestCaseSource(nameof(Architectures))]
    public void Greedy_OfReferencePrompts_GivesTheReferenceIds(string name)
    {
        using var golden = Golden(name);
        using var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(Directory(name), "golden.json")));
        using var runner = Open(name);
        for (int prompt = 0; prompt < 3; prompt++)
        {
            double margin = summary.RootElement.GetProperty("smallest_greedy_margin")[prompt].GetDouble();
            int[] ids = Ids(golden, $"input_ids.{prompt}"), expected = Ids(golden, $"greedy.{prompt}");
            var (generated, firstTie) = Greedy(runner, ids, expected.Length);
            int compared = margin > NearTie ? expected.Length : firstTie;
            Assert.That(generated[..compared], Is.EqualTo(expected[..compared]), $"prompt {prompt}");
        }
    }

    [TestCaseSource(nameof(Architectures))]
    public void Beams_OfReferencePrompt_GiveTheReferenceScoresAndSequences(string name)
    {
        using var golden = Golden(name);
        using var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(Directory(name), "golden.json")));
        int[] prompt = Ids(golden, "input_ids.1");
        foreach (var beam in summary.RootElement.GetProperty("beams").EnumerateArray())
        {
            string key = $"beam.{beam.GetProperty("beam").GetInt32()}";
            var scores = MemoryMarshal.Cast<byte, float>(golden.Tensors[key + ".scores"].Bytes).ToArray();
            int[][] sequences = [.. Ids(golden, key + ".sequences").Chunk((int)golden.Tensors[key + ".sequences"].ColumnCount)];
            using var runner = Open(name);
            var options = BeamDriver.Options(beam);
            var found = BeamDriver.Run(runner, prompt, options);
            for (int i = 0; i < scores.Length; i++)
            {
                Assert.That(found[i].Score, Is.EqualTo(scores[i]).Within(ScoreTolerance), $"{key}, hypothesis {i}");
                bool tied = (i > 0 && scores[i - 1] - scores[i] <= ScoreTolerance) || (i + 1 < scores.Length && scores[i] - scores[i + 1] <= ScoreTolerance);
                if (tied) continue;
                int[] tokens = [.. found[i].Tokens.Select(token => token.Id)];
                Assert.That(tokens, Is.EqualTo(UpToEnd(sequences[i], options.EndTokenIds[0])), $"{key}, hypothesis {i}");
            }
        }
    }

    // As any model is opened: that these were cast as a whole, which rounds the rotary frequencies, is told from their files.
    private static ReplicaRunner Open(string name) =>
        ReplicaRunner.Open(new ModelHostOptions { ModelDirectory = Directory(name) }, tensorParallel: 4);

    private static string Directory(string name) => TestPaths.RequireShared("conformance", "models", name);

    private static SafetensorsFile Golden(string name) => SafetensorsFile.Open(Path.Combine(Directory(name), "golden.safetensors"));

    private static int[] Ids(SafetensorsFile file, string name) =>
        [.. MemoryMarshal.Cast<byte, long>(file.Tensors[name].Bytes).ToArray().Select(id => (int)id)];

    private static int[] UpToEnd(int[] sequence, int end)
    {
        int index = Array.IndexOf(sequence, end);
        return index < 0 ? sequence : sequence[..(index + 1)];
    }

    /// <summary>The ids, and the first of them where our own best two logits are closer than a near tie.</summary>
    private static (int[] Ids, int FirstTie) Greedy(ReplicaRunner runner, int[] prompt, int count)
    {
        var ids = new List<int>();
        int firstTie = count;
        float[] logits = runner.Prefill(prompt)[^1];
        while (true)
        {
            float[] best = [.. logits.OrderDescending().Take(2)];
            if (best[0] - best[1] < NearTie) firstTie = Math.Min(firstTie, ids.Count);
            ids.Add(Array.IndexOf(logits, best[0]));
            if (ids.Count == count) return ([.. ids], firstTie);
            logits = runner.Extend([ids[^1]], prompt.Length + ids.Count - 1)[0];
        }
    }

    private static double RelativeError(float[] actual, float[] expected)
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
