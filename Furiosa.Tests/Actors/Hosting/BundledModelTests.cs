using System.Text.Json;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using Furiosa.Gateway.Grammar;
using Furiosa.Gateway.Text.Tokenizers;
using Furiosa.Tests.Actors.Scheduling;
using Furiosa.Tests.Gateway.Grammar;
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

    /// <summary>A grammar's state is found, lost and rebuilt in other ways when work is split and shared, and the bytes stay.</summary>
    [Test]
    public async Task Generate_WithGrammar_GivesTheSameAloneSplitAndTogether()
    {
        var tokenizer = TextTokenizer.Load(TestPaths.DemoModel);
        var grammar = new GrammarCompiler().FromJsonSchema("""
            {"type":"object","properties":{"a":{"type":"string","maxLength":20},"b":{"type":"array","items":{"type":"integer"},"maxItems":4}},
             "required":["a","b"],"additionalProperties":false}
            """);
        var requests = Enumerable.Range(0, 4).Select(i => Requests.Of($"grammar{i}", [1, 40 + i, 50], 80, choices: 2, temperature: 2, seed: i) with
        {
            StopTokenIds = [2],
            Grammar = grammar,
        }).ToList();

        var alone = new List<int[]>();
        await using (var one = await FuriosaRuntime.StartAsync(WithVocabulary(Options(1, 1, 1))))
        {
            foreach (var request in requests) alone.AddRange(Choices(await one.RunAsync(request)));
        }
        await using var split = await FuriosaRuntime.StartAsync(WithVocabulary(Options(8, 2, 1)) with { AkkaHocon = "akka.actor.serialize-messages = on" });
        var together = (await Task.WhenAll(requests.Select(request => split.RunAsync(request)))).SelectMany(Choices).ToList();

        Assert.That(together, Is.EqualTo(alone));
        foreach (var ids in alone.Where(ids => ids[^1] == 2))
            Assert.That(JsonSchemaChecker.Parse(tokenizer.Decode(ids.AsSpan(0, ids.Length - 1), true))["b"], Is.Not.Null);
        Assert.That(alone.Count(ids => ids[^1] == 2), Is.GreaterThan(0));

        RuntimeOptions WithVocabulary(RuntimeOptions options) => options with { TokenBytes = () => TokenVocabulary.Bytes(tokenizer) };
    }

    private static IEnumerable<int[]> Choices(IReadOnlyList<GenerationEvent> events) =>
        events.OfType<TokensGenerated>().GroupBy(part => part.Choice).OrderBy(choice => choice.Key).Select(choice => choice.SelectMany(part => part.Tokens).Select(token => token.Id).ToArray());

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
