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

    [Test]
    public async Task Generate_SixtyFourAtOnceInAnyConfiguration_EqualTheirLoneRuns()
    {
        var requests = Mixed().ToList();
        var alone = new List<string>();
        await using (var runtime = await FuriosaRuntime.StartAsync(Options(1, 1, 1) with { EnablePrefixCaching = false }))
        {
            foreach (var request in requests) alone.Add(Describe(await runtime.RunAsync(request)));
        }

        // Forty blocks are far too few for all: sequences are preempted again and again.
        const long FortyBlocks = 40L * 8 * 4 * 2 * 16 * 64 * sizeof(float);
        RuntimeOptions[] configurations =
        [
            Options(4, 1, 1),
            Options(4, 1, 1) with { EnablePrefixCaching = false, MaxNumBatchedTokens = 24 },
            Options(8, 1, 1) with { KvCacheBytes = FortyBlocks },
            Options(2, 2, 2) with { StepsInFlight = 2 },
        ];
        foreach (var options in configurations)
        {
            await using var runtime = await FuriosaRuntime.StartAsync(options with { MaxModelLen = 256 });
            var together = await Task.WhenAll(requests.Select(request => runtime.RunAsync(request)));
            Assert.That(together.Select(Describe), Is.EqualTo(alone), $"{options}");
        }
    }

    private static IEnumerable<GenerationRequest> Mixed()
    {
        var goldens = Goldens().ToList();
        for (var i = 0; i < 64; i++)
        {
            var request = Requests.Of($"m{i}", goldens[i % goldens.Count].Prompt, 3 + (i * 7 % 30), temperature: i % 3 == 0 ? 0 : 1, seed: i) with
            {
                StopTokenIds = [2],
                TopLogprobs = i % 5 == 0 ? 2 : null,
                PromptTopLogprobs = i % 16 == 1 ? 1 : null,
            };
            yield return (i % 8) switch
            {
                3 => request with { ChoiceCount = 3 },
                6 => request with { Beams = new BeamParameters(3, 1, EarlyStopping.Heuristic), ChoiceCount = 2 },
                7 => request with { Sampling = request.Sampling with { RepetitionPenalty = 1.2f, TopK = 40, TopP = 0.9f } },
                _ => request,
            };
        }
    }

    /// <summary>All that must be equal: ids, log-probabilities to the bit, alternatives, finish; not where events were cut.</summary>
    private static string Describe(List<GenerationEvent> events)
    {
        var scores = events.OfType<PromptScored>().SelectMany(scored => scored.Tokens);
        var choices = events.OfType<TokensGenerated>().GroupBy(e => e.Choice).OrderBy(group => group.Key).Select(group =>
            $"{group.Key}:{AnyValue.Describe(group.SelectMany(e => e.Tokens).ToList())}{group.Last().Finish}{group.Last().StopTokenId}");
        return $"{AnyValue.Describe(scores.ToList())} {string.Join(" ", choices)} {events[^1]}";
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
