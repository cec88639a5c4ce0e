using System.Text.Json;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using Furiosa.Tests.Actors.Scheduling;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Actors.Hosting;

/// <summary>The bundled model through the runtime's door.</summary>
internal sealed class BundledModelTests
{
    

    [TestCase(1, 1, 1)]
    [TestCase(8, 1, 1)]
    [TestCase(2, 2, 2)]
    public async Task Generate_GoldenPrompts_GivesGoldenIds(int tp, int pp, int dp)
    {
        await using var runtime = await FuriosaRuntime.StartAsync(Options(tp, pp, dp));
        var goldens = Goldens().ToList();

        var answers = await Task.WhenAll(goldens.Select((golden, index) => runtime.RunAsync(Greedy($"g{index}", golden))));

        for (var i = 0; i < goldens.Count; i++)
        {
            Assert.That(answers[i][^1], Is.TypeOf<GenerationCompleted>());
            Assert.That(answers[i].Ids(), Is.EqualTo(goldens[i].Output));
        }
    }

    private static RuntimeOptions Options(int tp, int pp, int dp) => new()
    {
        ModelDirectory = TestPaths.DemoModel,
        TensorParallel = tp,
        PipelineParallel = pp,
        DataParallel = dp,
        KvCacheBytes = 256 << 20,
    };

    private static GenerationRequest Greedy(string id, (int[] Prompt, int[] Output) golden) =>
        Requests.Of(id, golden.Prompt, golden.Output.Length, temperature: 0) with { StopTokenIds = [2] };

    private static IEnumerable<(int[] Prompt, int[] Output)> Goldens()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(TestPaths.DemoModel, "golden.json")));
        foreach (var entry in document.RootElement.EnumerateArray())
            yield return (Ids(entry.GetProperty("prompt_ids")), Ids(entry.GetProperty("output_ids")));
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(id => id.GetInt32())];
}
