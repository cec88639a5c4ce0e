using System.Diagnostics;
using Furiosa.Tests.Support;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.EndToEnd;

/// <summary>The bundled model calls a tool and answers with its result, for a bare client and for the client that agents use.</summary>
[TestFixture]
public sealed class ToolLoopTests
{
    private const string Path = "/v1/chat/completions";

    private const string Tools = """
        "temperature": 0, "tool_choice": "auto", "tools": [{"type": "function", "function": {"name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}]
        """;

    private TestServer _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await TestServer.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test]
    public async Task Chat_WeatherQuestion_StreamsTheCallAndAnswersWithItsResult()
    {
        const string question = """{"role": "user", "content": "What is the weather in Paris?"}""";
        var frames = await _server.StreamAsync(Path, $"{{\"messages\": [{question}], \"stream\": true, {Tools}}}");

        var parts = frames.SkipLast(1).Select(frame => JObject.Parse(frame)["choices"]![0]!).ToList();
        var calls = parts.SelectMany(part => part["delta"]!["tool_calls"] ?? new JArray()).ToList();
        var first = calls[0];
        var arguments = string.Concat(calls.Select(call => (string?)call["function"]!["arguments"]));
        Assert.That((string?)first["function"]!["name"], Is.EqualTo("get_weather"));
        Assert.That(JToken.DeepEquals(JObject.Parse(arguments), JObject.Parse("""{"city": "Paris"}""")), Is.True, arguments);
        Assert.That(parts.Sum(part => ((string?)part["delta"]!["content"] ?? "").Length), Is.Zero);
        Assert.That((string?)parts[^1]["finish_reason"], Is.EqualTo("tool_calls"));

        var call = new JObject
        {
            ["id"] = first["id"],
            ["type"] = "function",
            ["function"] = new JObject { ["name"] = "get_weather", ["arguments"] = arguments },
        };
        var result = new JObject { ["role"] = "tool", ["tool_call_id"] = first["id"], ["content"] = "18 degrees and sunny" };
        var turn = new JObject { ["role"] = "assistant", ["content"] = null, ["tool_calls"] = new JArray(call) };
        var history = $"{question}, {turn.ToString(Formatting.None)}, {result.ToString(Formatting.None)}";
        var (status, body) = await _server.PostAsync(Path, $"{{\"messages\": [{history}], {Tools}}}");

        Assert.That(status, Is.EqualTo(200), body.ToString());
        Assert.That((string?)body["choices"]![0]!["message"]!["content"], Does.Contain("Paris").And.Contain("18 degrees and sunny"));
        Assert.That((string?)body["choices"]![0]!["finish_reason"], Is.EqualTo("stop"));
    }

    [Test]
    public async Task RunTools_OfTheNodeClient_CallsTheFunctionAndAnswers()
    {
        NodePackages.RequireFile("openai", "package.json");
        var script = System.IO.Path.Combine(TestPaths.Root, "Furiosa.Tests", "Node", "tools.mjs");
        using var node = Process.Start(new ProcessStartInfo("node", [script, _server.Address.ToString().TrimEnd('/')])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        try
        {
            var error = node.StandardError.ReadToEndAsync(timeout.Token);
            var output = await node.StandardOutput.ReadToEndAsync(timeout.Token);
            await node.WaitForExitAsync(timeout.Token);
            Assert.That(node.ExitCode, Is.Zero, await error);

            foreach (var run in JObject.Parse(output).PropertyValues())
            {
                Assert.That(run["asked"]!.ToString(Formatting.None), Is.EqualTo("""[{"city":"Paris"}]"""));
                Assert.That((string?)run["answer"], Does.Contain("18 degrees and sunny"));
                Assert.That(run["roles"]!.Values<string>(), Is.EqualTo(new[] { "user", "assistant", "tool", "assistant" }));
            }
        }
        finally
        {
            if (!node.HasExited)
                node.Kill();
        }
    }
}
