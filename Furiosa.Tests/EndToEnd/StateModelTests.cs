using System.Collections.Concurrent;
using Furiosa.Tests.Device.Models;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.EndToEnd;

/// <summary>
/// Models whose layers keep states behind the real program: one process that splits them, shares prefixes and has memory for few states gives the
/// same bytes as one that does none of that.
/// </summary>
[TestFixtureSource(typeof(StateModels), nameof(StateModels.Names))]
public sealed class StateModelTests(string name)
{
    private const string Completions = "/v1/completions";
    private const string Chat = "/v1/chat/completions";

    private RandomCheckpoint _model = null!;
    private TemporaryDirectory _directory = null!;
    private ServerProcess _plain = null!;
    private ServerProcess _busy = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _model = StateModels.Make(name);
        _directory = new TemporaryDirectory();
        var little = _directory.Write("little.conf", "furiosa.kv-cache.memory = 2 MiB\nfuriosa.scheduler.max-num-batched-tokens = 96\n");
        var plain = ServerProcess.StartAsync(_model.Path, "-tp", "1", "-dp", "1", "--no-enable-prefix-caching", "--max-model-len", "1536");
        var busy = ServerProcess.StartAsync(_model.Path, "-tp", "4", "-pp", "2", "-dp", "1", "--max-concurrency", "24", "--max-model-len", "1536", "--config", little);
        (_plain, _busy) = (await plain, await busy);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_plain is not null) await _plain.DisposeAsync();
        if (_busy is not null) await _busy.DisposeAsync();
        _directory?.Dispose();
        _model?.Dispose();
    }

    /// <summary>So many at once that they wait for states, lose them to others, begin again, and go on from each other's prompts.</summary>
    [Test]
    public async Task Answers_OfRandomRequests_AreThoseOfThePlainServer()
    {
        const int count = 50;
        var requests = new RandomRequests(7).Take(count);

        var answers = await Task.WhenAll(AskAsync(_plain, requests, atOnce: 1), AskAsync(_busy, requests, atOnce: 24));

        var (alone, together) = (answers[0], answers[1]);

        var differing = Enumerable.Range(0, count).Where(i => alone[i] != together[i]);
        Assert.That(differing.Select(i => $"{requests[i].Name}: {requests[i].Path} {requests[i].Body}\nalone: {alone[i]}\ntogether: {together[i]}"), Is.Empty);
        Assert.That(alone.Count(answer => answer.StartsWith("200", StringComparison.Ordinal)), Is.GreaterThan(count / 2));
        Assert.That(alone.Distinct().Count(), Is.GreaterThan(count / 2), "the texts vary");

    }

    /// <summary>The state behind the first turn's prompt is kept, so the second begins there. Its own answer, of any tokens, may be other tokens when it is read again.</summary>
    [Test]
    public async Task Conversation_SecondTurn_GoesOnFromTheFirst()
    {
        var messages = new JArray(Message("system", "You are a gardener who knows all about roses, and you answer each question in one or two short sentences."), Message("user", "When are they cut?"));
        var first = await OkAsync(_busy, Chat, new JObject { ["messages"] = messages, ["temperature"] = 0, ["max_tokens"] = 24 });
        messages.Add(Message("assistant", (string)first["choices"]![0]!["message"]!["content"]!));
        messages.Add(Message("user", "And watered?"));
        var turn = new JObject { ["messages"] = messages, ["temperature"] = 0, ["max_tokens"] = 24, ["logprobs"] = true };

        var second = await OkAsync(_busy, Chat, turn);
        var expected = await OkAsync(_plain, Chat, turn);

        Assert.That(CachedTokens(first), Is.Zero);
        Assert.That(CachedTokens(second), Is.GreaterThanOrEqualTo(((int)first["usage"]!["prompt_tokens"]! - 1) / 16 * 16).And.GreaterThan(0));
        Assert.That(CachedTokens(expected), Is.Zero);
        Assert.That($"{second["choices"]}", Is.EqualTo($"{expected["choices"]}"));
    }

    /// <summary>Only where prompts are seen to part a state is kept in the middle of one: the third goes on from there.</summary>
    [Test]
    public async Task Prompts_WithTheSameBeginning_GoOnFromWhereTheyPart()
    {
        var random = new Random(5);
        List<int> Tokens(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(100, 8000))];
        var shared = Tokens(150);
        var prompts = Enumerable.Range(0, 3).Select(_ => new JArray(shared.Concat(Tokens(40)))).ToList();
        var cached = new List<int>();
        foreach (var prompt in prompts)
        {
            var request = new JObject { ["prompt"] = prompt, ["temperature"] = 0, ["max_tokens"] = 20, ["logprobs"] = 2, ["return_token_ids"] = true };
            var answer = await OkAsync(_busy, Completions, request);
            cached.Add(CachedTokens(answer));
            Assert.That($"{answer["choices"]}", Is.EqualTo($"{(await OkAsync(_plain, Completions, request))["choices"]}"));
        }

        Assert.That(cached, Is.EqualTo(new[] { 0, 0, 144 }));
    }

    /// <summary>Choices part from one prompt's state, beams at every token.</summary>
    [TestCase("samples")]
    [TestCase("best of")]
    [TestCase("beams")]
    public async Task Choices_ThatPart_AreThoseOfThePlainServer(string kind)
    {
        var request = SameAnswerRequests.All.Single(request => request.Name == kind);

        Assert.That(await SameAnswerRequests.AskAsync(_busy.Http, request), Is.EqualTo(await SameAnswerRequests.AskAsync(_plain.Http, request)));
    }

    [Test]
    public async Task Beams_MoreThanStates_AreRefusedInWords()
    {
        var (status, answer) = await _busy.Http.PostJsonAsync(Completions, new JObject { ["prompt"] = "Once", ["use_beam_search"] = true, ["best_of"] = 40, ["n"] = 1, ["max_tokens"] = 4 });

        Assert.That(status, Is.EqualTo(400));
        Assert.That((string)answer["error"]!["message"]!, Does.Contain("40 states").And.Contains($"has {States}"));
    }

    [Test]
    public async Task Start_OfSuchAModel_SaysWhatStatesTake()
    {
        var health = await _busy.Http.GetJsonAsync("/health");
        var phases = health["startup"]!["phases"]!.Select(phase => (string)phase["message"]!);

        Assert.That((string?)health["status"], Is.EqualTo("ok"));
        Assert.That(phases, Has.Some.Contains($"and {States} states"));
        Assert.That(_busy.Output, Has.Some.StartsWith($"States of each replica: {States} of "));
        Assert.That(_busy.Output, Has.None.Contains("--prompt-lookup-num-tokens"));
        await Eventually.IsTrueAsync(async () => (await MetricsText.ReadAsync(_busy.Http)).Find("furiosa_llm_state_slots") == States, "metrics know all slots");
        // States count there, so that not even a model without keys and values takes nothing.
        var rows = _busy.Output.Where(line => line.StartsWith("npu:", StringComparison.Ordinal)).ToList();
        Assert.That(rows, Has.Count.EqualTo(8).And.None.EndsWith(" 0 B"));
    }

    // What half of the memory holds, three for each of 24 sequences being more.
    private int States => name switch { "qwen3.5" => 31, "granite-4-h" => 34, "nemotron-h" => 33, _ => 24 };

    private static JObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };

    private static int CachedTokens(JObject answer) => (int)answer["usage"]!["prompt_tokens_details"]!["cached_tokens"]!;

    private static async Task<JObject> OkAsync(ServerProcess server, string path, JObject body)
    {
        var (status, answer) = await server.Http.PostJsonAsync(path, body);
        Assert.That(status, Is.EqualTo(200), $"{answer}");
        return answer;
    }

    private static async Task<string[]> AskAsync(ServerProcess server, IReadOnlyList<(string Name, string Path, JObject Body)> requests, int atOnce)
    {
        var answers = new ConcurrentDictionary<int, string>();
        await Parallel.ForEachAsync(
            requests.Index(), new ParallelOptions { MaxDegreeOfParallelism = atOnce },
            async (entry, _) => answers[entry.Index] = await SameAnswerRequests.AnswerAsync(server.Http, entry.Item));
        return [.. Enumerable.Range(0, requests.Count).Select(i => answers[i])];
    }
}
