using System.Net.Sockets;
using System.Text;
using Furiosa.Actors.Protocol;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Streaming;

/// <summary>The frames of streams, and what becomes of them when the runtime fails or the client goes.</summary>
[TestFixture]
public sealed class StreamTests
{
    private const string Completions = "/v1/completions";

    [Test]
    public async Task Completion_Stream_EndsInOneFinishUsageAndDone()
    {
        var (server, _) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("The capital of France", request));
        await using var stop = server;

        var frames = await server.StreamAsync(Completions, """{"prompt": "a", "stream": true, "stream_options": {"include_usage": true}}""");

        Assert.That(frames[^1], Is.EqualTo("[DONE]"));
        var chunks = frames.SkipLast(1).Select(JObject.Parse).ToList();
        Assert.That(chunks.Select(chunk => (string?)chunk["id"]).Distinct().Count(), Is.EqualTo(1));
        Assert.That(chunks.Select(chunk => (long)chunk["created"]!).Distinct().Count(), Is.EqualTo(1));
        Assert.That(chunks.Select(chunk => (string?)chunk["object"]), Has.All.EqualTo("text_completion"));
        Assert.That(chunks[^1]["choices"], Is.Empty);
        Assert.That((int)chunks[^1]["usage"]!["completion_tokens"]!, Is.EqualTo(chunks.Count - 2));
        var choices = chunks.SkipLast(1).Select(chunk => chunk["choices"]![0]!).ToList();
        Assert.That(string.Concat(choices.Select(choice => (string?)choice["text"])), Is.EqualTo("The capital of France"));
        Assert.That(choices.SkipLast(1).Select(choice => choice["finish_reason"]!.Type), Has.All.EqualTo(JTokenType.Null));
        Assert.That((string?)choices[^1]["finish_reason"], Is.EqualTo("length"));
    }

    [Test]
    public async Task Completion_ContinuousUsage_CountsInEveryChunk()
    {
        var (server, _) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("one two three", request));
        await using var stop = server;

        var frames = await server.StreamAsync(Completions, """{"prompt": "a", "stream": true, "stream_options": {"include_usage": true, "continuous_usage_stats": true}}""");

        var counts = frames.SkipLast(1).Select(frame => (int)JObject.Parse(frame)["usage"]!["completion_tokens"]!).ToList();
        Assert.That(counts, Is.Ordered);
        Assert.That(counts[0], Is.EqualTo(1));
    }

    [Test]
    public async Task Completion_SeveralPromptsAndChoices_AreNumberedByPromptThenChoice()
    {
        var (server, _) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("x" + request.PromptIds[0], request));
        await using var stop = server;

        var frames = await server.StreamAsync(Completions, """{"prompt": [[5], [6], [7]], "n": 2, "stream": true}""");

        var texts = frames.SkipLast(1).Select(frame => JObject.Parse(frame)["choices"]![0]!)
            .GroupBy(choice => (int)choice["index"]!, choice => (string?)choice["text"]).OrderBy(group => group.Key).Select(group => string.Concat(group));
        Assert.That(texts, Is.EqualTo(new[] { "x5", "x5", "x6", "x6", "x7", "x7" }));
    }

    [TestCase("France", false, "The capital of ")]
    [TestCase("France", true, "The capital of France")]
    [TestCase("nowhere", false, "The capital of France is Paris.")]
    public async Task Stop_StringAcrossTokens_EndsTheChoiceAndTellsTheRuntime(string stopString, bool include, string expected)
    {
        var (server, runtime) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("The capital of France is Paris.", request));
        await using var stop = server;
        var body = $$"""{"prompt": "a", "stop": ["{{stopString}}"], "include_stop_str_in_output": {{(include ? "true" : "false")}}, "stream": STREAM}""";

        var (_, whole) = await server.PostAsync(Completions, body.Replace("STREAM", "false"));
        var streamed = (await server.StreamAsync(Completions, body.Replace("STREAM", "true"))).SkipLast(1).Select(frame => JObject.Parse(frame)["choices"]![0]!).ToList();

        var found = stopString == "France";
        Assert.That((string?)whole["choices"]![0]!["text"], Is.EqualTo(expected));
        Assert.That(string.Concat(streamed.Select(choice => (string?)choice["text"])), Is.EqualTo(expected));
        Assert.That((string?)whole["choices"]![0]!["finish_reason"], Is.EqualTo(found ? "stop" : "length"));
        Assert.That((string?)whole["choices"]![0]!["stop_reason"], Is.EqualTo(found ? stopString : null));
        Assert.That((string?)streamed[^1]["stop_reason"], Is.EqualTo(found ? stopString : null));
        Assert.That(runtime.FinishedChoices, Has.Count.EqualTo(found ? 2 : 0));
    }

    [TestCase(FailureKind.Overloaded, 503, "overloaded")]
    [TestCase(FailureKind.Unavailable, 503, "unavailable")]
    [TestCase(FailureKind.TooLarge, 400, null)]
    [TestCase(FailureKind.ComputeFault, 500, "compute_fault")]
    [TestCase(FailureKind.SlowReader, 500, "slow_reader")]
    public async Task Failure_BeforeTheFirstToken_IsAPlainError(FailureKind kind, int status, string? code)
    {
        var (server, _) = await TestServer.ScriptAsync((_, _, _) => ScriptedRuntime.Fail(kind, afterTokens: 0));
        await using var stop = server;

        foreach (var stream in new[] { "true", "false" })
        {
            using var content = new StringContent($$"""{"prompt": "a", "stream": {{stream}}}""", Encoding.UTF8, "application/json");
            using var response = await server.Http.PostAsync(Completions, content);
            var answer = JObject.Parse(await response.Content.ReadAsStringAsync());

            Assert.That((int)response.StatusCode, Is.EqualTo(status));
            Assert.That((string?)answer["error"]!["code"], Is.EqualTo(code));
            Assert.That(response.Headers.Contains("Retry-After"), Is.EqualTo(status == 503));
            Assert.That(response.Headers.Contains("retry-after-ms"), Is.EqualTo(status == 503));
            // Clients try any 5xx again that does not say so.
            Assert.That(response.Headers.Contains("x-should-retry"), Is.EqualTo(kind == FailureKind.SlowReader));
        }
    }

    [TestCase(""" "best_of": 4""", "best_of")]
    [TestCase(""" "n": 4""", "n")]
    public async Task Failure_OfBeamsThatDoNotFit_NamesTheirWidth(string width, string param)
    {
        var (server, _) = await TestServer.ScriptAsync((_, _, _) => ScriptedRuntime.Fail(FailureKind.TooLarge, afterTokens: 0));
        await using var stop = server;

        var (status, answer) = await server.PostAsync(Completions, $$"""{"prompt": "a", "use_beam_search": true, {{width}}}""");

        Assert.That(status, Is.EqualTo(400));
        Assert.That((string?)answer["error"]!["param"], Is.EqualTo(param));
        Assert.That(answer["error"]!["code"]!.Type, Is.EqualTo(JTokenType.Null));
        Assert.That((string?)answer["error"]!["message"], Does.EndWith($"Its width is '{param}'.").And.Contain("as scripted"));
    }

    [Test]
    public async Task Failure_InMidStream_IsAnErrorFrameThenDone()
    {
        var (server, _) = await TestServer.ScriptAsync((_, _, _) => ScriptedRuntime.Fail(FailureKind.ComputeFault, afterTokens: 3));
        await using var stop = server;

        var frames = await server.StreamAsync(Completions, """{"prompt": "a", "stream": true}""");

        Assert.That(frames[^1], Is.EqualTo("[DONE]"));
        Assert.That((string?)JObject.Parse(frames[^2])["error"]!["code"], Is.EqualTo("compute_fault"));
        Assert.That(frames, Has.Count.EqualTo(5));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Client_GoesAway_RequestIsAborted(bool stream)
    {
        var (server, runtime) = await TestServer.ScriptAsync((_, _, aborted) => ScriptedRuntime.Endless(aborted));
        await using var stop = server;
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(server.Address.Host, server.Address.Port);
            await SendAsync(socket, $$"""{"prompt": "a", "stream": {{(stream ? "true" : "false")}}}""");
            await Wait.UntilAsync(() => runtime.EventCount > 3);
        }

        await runtime.Aborted.Task.WaitAsync(Patience.Longest);
    }

    [Test]
    public async Task Client_ThatDoesNotRead_HoldsBackOnlyItself()
    {
        var (server, runtime) = await TestServer.ScriptAsync((request, _, aborted) =>
            request.PromptIds[0] == 7 ? ScriptedRuntime.Endless(aborted) : ScriptedRuntime.Say("hello", request));
        await using var stop = server;
        using var slow = new TcpClient { ReceiveBufferSize = 4096 };
        await slow.ConnectAsync(server.Address.Host, server.Address.Port);
        await SendAsync(slow, """{"prompt": [7], "stream": true}""");

        // The endless answer comes to rest when every buffer on its way is full: the script is asked for nothing more.
        var (count, looks) = (-1, 0);
        await Wait.UntilAsync(() => (looks = Interlocked.Exchange(ref count, runtime.EventCount) == runtime.EventCount && count > 100 ? looks + 1 : 0) == 3, TimeSpan.FromMilliseconds(250));
        var (status, _) = await server.PostAsync(Completions, """{"prompt": "a"}""");

        Assert.That(status, Is.EqualTo(200));
        Assert.That(count, Is.LessThan(200_000));
    }

    [Test]
    public async Task Drain_NewRequests_Are503WithRetryAfter()
    {
        var (server, _) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("hello", request));
        await using var stop = server;
        server.Host.BeginDrain();

        foreach (var path in new[] { "/health", "/v1/models" })
        {
            using var response = await server.Http.GetAsync(path);
            Assert.That((int)response.StatusCode, Is.EqualTo(503));
            Assert.That(response.Headers.Contains("Retry-After"), Is.True);
        }
        var (status, answer) = await server.PostAsync(Completions, """{"prompt": "a"}""");
        Assert.That((status, (string?)answer["error"]!["code"]), Is.EqualTo((503, "draining")));
    }

    private static async Task SendAsync(TcpClient socket, string body)
    {
        var request = $"POST {Completions} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
    }
}
