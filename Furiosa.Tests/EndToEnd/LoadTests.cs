using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.EndToEnd;

/// <summary>One answer over HTTP: the same bytes alone and among others.</summary>
[TestFixture]
public sealed class LoadTests
{
    private const string Path = "/v1/completions";

    private static IEnumerable<string> Requests(int count) => Enumerable.Range(0, count).Select(i => new JObject
    {
        ["prompt"] = i % 3 == 0 ? $"{i} + {i + 1} =" : string.Concat(Enumerable.Repeat($"Story {i}. ", 1 + (i % 20))),
        ["max_tokens"] = 4 + (i % 29),
        ["temperature"] = i % 2 == 0 ? 0 : 1.2,
        ["seed"] = i,
        ["n"] = 1 + (i % 2),
        ["logprobs"] = i % 4 == 0 ? 2 : null,
        ["stream"] = true,
        ["stream_options"] = new JObject { ["include_usage"] = true },
    }.ToString());

    [Test]
    public async Task Streams_SixtyFourAtOnce_EqualTheirSingleRuns()
    {
        var server = await DemoServer.GetAsync();
        var requests = Requests(64).ToList();

        var together = await Task.WhenAll(requests.Select(request => AnswerAsync(server, request)));

        for (var i = 0; i < requests.Count; i++) Assert.That(together[i], Is.EqualTo(await AnswerAsync(server, requests[i])), requests[i]);
    }

    // Each choice's text, tokens, log-probabilities and end, and the counts; not where the stream was cut.
    private static async Task<string> AnswerAsync(TestServer server, string request)
    {
        var chunks = (await server.StreamAsync(Path, request)).SkipLast(1).Select(frame => JObject.Parse(frame)).ToList();
        var usage = (JObject)chunks[^1]["usage"]!;
        usage.Remove("prompt_tokens_details");
        var choices = chunks.SelectMany(chunk => chunk["choices"]!).GroupBy(choice => (int)choice["index"]!).OrderBy(choice => choice.Key).Select(choice => string.Concat(
            string.Concat(choice.Select(part => (string?)part["text"])),
            "|",
            string.Concat(choice.SelectMany(part => part["logprobs"]!.SelectTokens("top_logprobs[*]"))),
            "|",
            (string?)choice.Last()["finish_reason"]));
        return string.Join('\n', choices.Append(usage.ToString()));
    }
}
