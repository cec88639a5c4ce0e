using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Furiosa.Actors.Protocol;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Streaming;

/// <summary>What is made of tokens, shown on scripts that say exactly which come.</summary>
[TestFixture]
public sealed class AnswerTests
{
    private const string Completions = "/v1/completions";
    private const int EndToken = 2;

    [Test]
    public async Task StopToken_OfTheModel_IsCountedButNotShown()
    {
        var (server, _) = await TestServer.ScriptAsync((_, _, _) => Script(Ended(EndToken, "Paris")));
        await using var stop = server;

        var (_, answer) = await server.PostAsync(Completions, """{"prompt": "a", "return_token_ids": true}""");

        var choice = answer["choices"]![0]!;
        Assert.That((string?)choice["text"], Is.EqualTo("Paris"));
        Assert.That((string?)choice["finish_reason"], Is.EqualTo("stop"));
        Assert.That(choice["stop_reason"]!.Type, Is.EqualTo(JTokenType.Null));
        Assert.That((int)choice["token_ids"]!.Last!, Is.EqualTo(EndToken));
        Assert.That((int)answer["usage"]!["completion_tokens"]!, Is.EqualTo(choice["token_ids"]!.Count()));
        Assert.That(choice["prompt_token_ids"]!.Count(), Is.EqualTo((int)answer["usage"]!["prompt_tokens"]!));
    }

    [TestCase("", "Par")]
    [TestCase(""", "include_stop_str_in_output": true""", "Paris")]
    public async Task StopToken_OfTheRequest_IsReported(string more, string expected)
    {
        var first = ScriptedRuntime.Tokenizer.Encode("Par", addSpecialTokens: false);
        var last = ScriptedRuntime.Tokenizer.Encode("is", addSpecialTokens: false)[0];
        var (server, _) = await TestServer.ScriptAsync((_, _, _) => Script(Ended(last, "Par")));
        await using var stop = server;

        var (_, answer) = await server.PostAsync(Completions, $$"""{"prompt": "a", "stop_token_ids": [{{last}}]{{more}}}""");

        Assert.That((string?)answer["choices"]![0]!["text"], Is.EqualTo(expected));
        Assert.That((int)answer["choices"]![0]!["stop_reason"]!, Is.EqualTo(last));
        Assert.That(first, Is.Not.Empty);
    }

    [Test]
    public async Task Characters_SplitOverTokens_AreSentWhole()
    {
        var (server, _) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("Grüße 😀 日本", request));
        await using var stop = server;

        var frames = await server.StreamAsync(Completions, """{"prompt": "a", "stream": true, "logprobs": 0}""");

        var choices = frames.SkipLast(1).Select(frame => JObject.Parse(frame)["choices"]![0]!).ToList();
        Assert.That(choices.Select(choice => (string?)choice["text"]), Has.None.Contains("\uFFFD"));
        Assert.That(string.Concat(choices.Select(choice => (string?)choice["text"])), Is.EqualTo("Grüße 😀 日本"));
        var tokens = choices.Where(choice => choice["logprobs"]!.Type != JTokenType.Null).SelectMany(choice => choice["logprobs"]!["tokens"]!).Count();
        Assert.That(tokens, Is.EqualTo(ScriptedRuntime.Tokenizer.Encode("Grüße 😀 日本", addSpecialTokens: false).Count));
    }

    [Test]
    public async Task BestOf_Samples_ReturnsThoseWithTheBestMeanLogprob()
    {
        var (server, runtime) = await TestServer.ScriptAsync((_, _, _) => Script(
            Whole(0, -2, "worst"), Whole(1, -0.1f, "best"), Whole(2, -1, "middle"), GenerationCompleted.Instance));
        await using var stop = server;

        var (_, answer) = await server.PostAsync(Completions, """{"prompt": "a", "n": 2, "best_of": 3}""");

        Assert.That(answer["choices"]!.Select(choice => (string?)choice["text"]), Is.EqualTo(new[] { "best", "middle" }));
        Assert.That(answer["choices"]!.Select(choice => (int)choice["index"]!), Is.EqualTo(new[] { 0, 1 }));
        Assert.That(answer["choices"]!.Select(choice => choice["logprobs"]!.Type), Has.All.EqualTo(JTokenType.Null));
        Assert.That(runtime.Requests.Single(), Has.Property(nameof(GenerationRequest.ChoiceCount)).EqualTo(3).And.Property(nameof(GenerationRequest.TopLogprobs)).EqualTo(0));
    }

    [Test]
    public async Task Logprobs_MinusInfinity_IsTheFloor()
    {
        var (server, _) = await TestServer.ScriptAsync((_, _, _) => Script(Whole(0, float.NegativeInfinity, "a"), GenerationCompleted.Instance));
        await using var stop = server;

        var (_, answer) = await server.PostAsync(Completions, """{"prompt": "a", "logprobs": 1}""");

        Assert.That((double)answer["choices"]![0]!["logprobs"]!["token_logprobs"]![0]!, Is.EqualTo(-9999.0));
    }

    [Test]
    public async Task Request_AllFields_ReachTheRuntime()
    {
        var (server, runtime) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("a", request));
        await using var stop = server;

        await server.PostAsync(Completions, """
            {"prompt": [5, 6], "n": 2, "temperature": 0.5, "top_p": 0.25, "top_k": 7, "min_p": 0.125, "repetition_penalty": 1.5, "presence_penalty": 0.5,
             "frequency_penalty": -0.5, "logit_bias": {"9": -100}, "seed": -3, "max_tokens": 11, "min_tokens": 4, "stop_token_ids": [77], "logprobs": 3}
            """);

        var request = runtime.Requests.Single();
        Assert.That(request.PromptIds, Is.EqualTo(new[] { 5, 6 }));
        Assert.That(request.ChoiceCount, Is.EqualTo(2));
        Assert.That(request.MaxTokens, Is.EqualTo(11));
        Assert.That(request.MinTokens, Is.EqualTo(4));
        Assert.That(request.StopTokenIds, Is.EquivalentTo(new[] { 77, 2, 0 }));
        Assert.That(request.TopLogprobs, Is.EqualTo(3));
        Assert.That(request.Sampling with { LogitBias = null }, Is.EqualTo(new SamplingParameters
        {
            Temperature = 0.5f,
            TopP = 0.25f,
            TopK = 7,
            MinP = 0.125f,
            RepetitionPenalty = 1.5f,
            PresencePenalty = 0.5f,
            FrequencyPenalty = -0.5f,
            Seed = -3,
        }));
        Assert.That(request.Sampling.LogitBias, Is.EqualTo(new Dictionary<int, float> { [9] = -100 }));
    }

    [Test]
    public async Task Request_Beams_ReachTheRuntime()
    {
        var (server, runtime) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("a", request));
        await using var stop = server;

        await server.PostAsync(Completions, """{"prompt": "a", "use_beam_search": true, "n": 2, "best_of": 4, "length_penalty": 0.5, "early_stopping": "never", "ignore_eos": true}""");

        var request = runtime.Requests.Single();
        Assert.That(request.Beams, Is.EqualTo(new BeamParameters(4, 0.5f, EarlyStopping.Never)));
        Assert.That(request.ChoiceCount, Is.EqualTo(2));
        Assert.That(request.StopTokenIds, Is.Empty);
    }

    [Test]
    public async Task Request_Silent_TakesTheDefaults()
    {
        var (server, runtime) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("a", request));
        await using var stop = server;

        await server.PostAsync(Completions, """{"prompt": "a"}""");
        await server.PostAsync(Completions, """{"prompt": "a"}""");

        var requests = runtime.Requests.ToArray();
        Assert.That(requests[0].MaxTokens, Is.EqualTo(16));
        Assert.That(requests[0].Sampling with { Seed = 0 }, Is.EqualTo(new SamplingParameters { Seed = 0 }));
        Assert.That(requests[0].Sampling.Seed, Is.Not.EqualTo(requests[1].Sampling.Seed));
        Assert.That(requests[0].RequestId, Is.Not.EqualTo(requests[1].RequestId));
    }

    [TestCase("""{"prompt": "a", "max_tokens": 2048}""", "prompt")]
    [TestCase("""{"prompt": "LONG"}""", "prompt")]
    public async Task Context_Overflow_NamesTheLimitAndBothCounts(string body, string param)
    {
        var (server, runtime) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("a", request));
        await using var stop = server;

        var (status, answer) = await server.PostAsync(Completions, body.Replace("LONG", string.Concat(Enumerable.Repeat("word ", 3000))));

        Assert.That(status, Is.EqualTo(400));
        Assert.That((string?)answer["error"]!["code"], Is.EqualTo("context_length_exceeded"));
        Assert.That((string?)answer["error"]!["param"], Is.EqualTo(param));
        Assert.That((string?)answer["error"]!["message"], Does.Contain("maximum context length is 2048 tokens").And.Match(@"\d+ tokens \(\d+ in the prompt, \d+ in the completion\)"));
        Assert.That(runtime.Requests, Is.Empty);
    }

    [TestCase(300_000, false)]
    [TestCase(600_000, true)]
    public async Task Context_OverflowByFar_CountsPromptAndCompletion(int words, bool isEstimate)
    {
        var (server, _) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("a", request));
        await using var stop = server;
        var prompt = string.Concat(Enumerable.Repeat("a ", words));

        var (_, answer) = await server.PostAsync(Completions, $$"""{"prompt": "{{prompt}}", "max_tokens": 500}""");

        var said = Regex.Match((string)answer["error"]!["message"]!, @"requested (at least )?(\d+) tokens \((at least )?(\d+) in the prompt, 500 in the completion\)");
        Assert.That(said.Success, answer.ToString());
        Assert.That(new[] { said.Groups[1].Success, said.Groups[3].Success }, Has.All.EqualTo(isEstimate));
        var (all, own) = (int.Parse(said.Groups[2].Value, CultureInfo.InvariantCulture), int.Parse(said.Groups[4].Value, CultureInfo.InvariantCulture));
        Assert.That(all, Is.EqualTo(own + 500));
        if (!isEstimate) Assert.That(own, Is.EqualTo(ScriptedRuntime.Tokenizer.Encode(prompt, addSpecialTokens: true).Count));
    }

    [Test]
    public async Task Echo_WithoutGeneration_ReturnsThePrompt()
    {
        var (server, runtime) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("a", request));
        await using var stop = server;

        var (_, answer) = await server.PostAsync(Completions, """{"prompt": "Hello there", "echo": true, "max_tokens": 0}""");

        Assert.That((string?)answer["choices"]![0]!["text"], Is.EqualTo("Hello there"));
        Assert.That((string?)answer["choices"]![0]!["finish_reason"], Is.EqualTo("length"));
        Assert.That((int)answer["usage"]!["completion_tokens"]!, Is.Zero);
        Assert.That(runtime.Requests, Is.Empty);
    }

    private static async IAsyncEnumerable<GenerationEvent> Script(params IEnumerable<GenerationEvent> events)
    {
        await Task.Yield();
        yield return new GenerationStarted(0);
        foreach (var next in events) yield return next;
    }

    private static IEnumerable<GenerationEvent> Ended(int stopToken, string text)
    {
        foreach (var id in ScriptedRuntime.Tokenizer.Encode(text, addSpecialTokens: false)) yield return ScriptedRuntime.Token(0, id);
        yield return new TokensGenerated(0, [new GeneratedToken(stopToken, -0.5f, [])], ChoiceFinish.Stop, stopToken);
        yield return GenerationCompleted.Instance;
    }

    private static TokensGenerated Whole(int choice, float logprob, string text)
    {
        ImmutableArray<GeneratedToken> tokens = [.. ScriptedRuntime.Tokenizer.Encode(text, addSpecialTokens: false).Select(id => new GeneratedToken(id, logprob, []))];
        return new TokensGenerated(choice, tokens, ChoiceFinish.Length, null);
    }
}
