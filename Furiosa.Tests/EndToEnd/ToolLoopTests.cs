using System.Diagnostics;
using Furiosa.Tests.Support;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using OpenAI.Chat;

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
    public async Task StartAsync() => _server = await DemoServer.GetAsync();

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
    public async Task Client_OfDotNet_StreamsTheCallAndAnswersWithItsResult()
    {
        var endpoint = new OpenAI.OpenAIClientOptions { Endpoint = new Uri(_server.Address, "/v1") };
        var client = new ChatClient("EMPTY", new System.ClientModel.ApiKeyCredential("EMPTY"), endpoint);
        var tool = ChatTool.CreateFunctionTool("get_weather", "Current weather",
            BinaryData.FromString("""{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}"""));
        var options = new ChatCompletionOptions { Temperature = 0, Tools = { tool }, ToolChoice = ChatToolChoice.CreateAutoChoice() };
        List<ChatMessage> messages = [new UserChatMessage("What is the weather in Paris?")];

        var (id, name, arguments) = ("", "", "");
        ChatFinishReason? finish = null;
        await foreach (var update in client.CompleteChatStreamingAsync(messages, options))
        {
            finish = update.FinishReason ?? finish;
            foreach (var call in update.ToolCallUpdates)
            {
                (id, name) = (call.ToolCallId ?? id, call.FunctionName ?? name);
                arguments += call.FunctionArgumentsUpdate?.ToString();
            }
        }

        Assert.That((name, arguments, finish), Is.EqualTo(("get_weather", """{"city": "Paris"}""", (ChatFinishReason?)ChatFinishReason.ToolCalls)));
        messages.Add(new AssistantChatMessage([ChatToolCall.CreateFunctionToolCall(id, name, BinaryData.FromString(arguments))]));
        messages.Add(new ToolChatMessage(id, "18 degrees and sunny"));
        var answer = (await client.CompleteChatAsync(messages, options)).Value;
        Assert.That(answer.Content[0].Text, Does.Contain("18 degrees and sunny"));
    }

    [TestCase("\"required\"", "tool_calls")]
    [TestCase("{\"type\": \"function\", \"function\": {\"name\": \"set_light\"}}", "stop")]
    public async Task Chat_ForcedCall_FollowsTheSchemaWhateverTheModelWouldSay(string choice, string finish)
    {
        const string parameters = """
            {"type": "object", "properties": {"room": {"enum": ["kitchen", "hall"]}, "level": {"type": "integer", "minimum": 0, "maximum": 9}},
             "required": ["room", "level"], "additionalProperties": false}
            """;
        for (var seed = 0; seed < 5; seed++)
        {
            var fields = $$$"""
                "messages": [{"role": "user", "content": "What is the capital of France?"}], "temperature": 2, "seed": {{{seed}}}, "parallel_tool_calls": false,
                "tools": [{"type": "function", "function": {"name": "set_light", "parameters": {{{parameters}}}}}], "tool_choice": {{{choice}}}
                """;
            var (status, body) = await _server.PostAsync(Path, $"{{{fields}}}");
            var frames = await _server.StreamAsync(Path, $"{{{fields}, \"stream\": true}}");

            Assert.That(status, Is.EqualTo(200), body.ToString());
            var call = body["choices"]![0]!["message"]!["tool_calls"]!.Single();
            var arguments = (string)call["function"]!["arguments"]!;
            var given = JObject.Parse(arguments);
            Assert.That(given.Properties().Select(property => property.Name), Is.EqualTo(new[] { "room", "level" }));
            Assert.That((string?)given["room"], Is.AnyOf("kitchen", "hall"));
            Assert.That((int)given["level"]!, Is.InRange(0, 9));
            Assert.That((string?)body["choices"]![0]!["finish_reason"], Is.EqualTo(finish));
            var streamed = frames.SkipLast(1).Select(frame => JObject.Parse(frame)["choices"]![0]!).ToList();
            var pieces = streamed.SelectMany(part => part["delta"]!["tool_calls"] ?? new JArray());
            Assert.That(string.Concat(pieces.Select(piece => (string?)piece["function"]!["arguments"])), Is.EqualTo(arguments));
            Assert.That((string?)streamed[^1]["finish_reason"], Is.EqualTo(finish));
        }
    }

    [TestCase("openai", "tools.mjs", "roles", "user assistant tool assistant")]
    [TestCase("ai", "ai-sdk.mjs", "finishes", "tool-calls stop")]
    public async Task ToolLoop_OfANodeClient_CallsTheFunctionAndAnswers(string package, string script, string field, string expected)
    {
        NodePackages.RequireFile(package, "package.json");
        var folder = System.IO.Path.Combine(TestPaths.Root, "Furiosa.Tests", "Node");
        var start = new ProcessStartInfo("node", [System.IO.Path.Combine(folder, script), new Uri(_server.Address, "/v1").ToString()])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        var run = await ProgramRun.ToEndAsync(start);

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        var results = JObject.Parse(run.Output);
        Assert.That(results.Properties().Select(result => result.Name), Is.EqualTo(new[] { "whole", "streamed" }));
        foreach (var result in results.PropertyValues())
        {
            Assert.That(result["asked"]!.ToString(Formatting.None), Is.EqualTo("""[{"city":"Paris"}]"""));
            Assert.That((string?)result["answer"], Does.Contain("18 degrees and sunny"));
            Assert.That(string.Join(' ', result[field]!.Values<string>()), Is.EqualTo(expected));
        }
    }
}
