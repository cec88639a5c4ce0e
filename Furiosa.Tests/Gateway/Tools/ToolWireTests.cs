using Furiosa.Gateway.Tools.Requests;
using Furiosa.Tests.Gateway.Grammar;
using Furiosa.Tests.Support;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Tools;

/// <summary>Calls and reasoning as clients see them, with a script in the model's place.</summary>
[TestFixture]
public sealed class ToolWireTests
{
    private const string Path = "/v1/chat/completions";
    private const string Tools = """
        "tools": [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}]
        """;

    private const string Question = """ "messages": [{"role": "user", "content": "Weather?"}] """;

    private const string TwoCalls = "Let me see.\n<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris 🌧\"}}</tool_call>\n"
        + "<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}</tool_call>";

    private static readonly string[] Texts =
    [
        TwoCalls,
        "No call at all.",
        "<tool_call>{\"name\": \"get_weather\"}</tool_call>",
        "<tool_call>not a call</tool_call> \n",
        "<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"never en",
        "<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"" + string.Concat(Enumerable.Repeat("Paris and ", 90)) + "\"}}</tool_call>",
    ];

    private readonly List<TestServer> _servers = [];
    private string _text = "";
    private ScriptedRuntime _runtime = null!;
    private ScriptedRuntime _reasoningRuntime = null!;
    private TestServer _server = null!;
    private TestServer _reasoning = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        (_server, _runtime) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say(_text, request));
        (_reasoning, _reasoningRuntime) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say(_text, request), "furiosa.reasoning-parser = qwen3");
        _servers.AddRange([_server, _reasoning]);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
    }

    [Test]
    public async Task Chat_TwoCalls_AreInTheMessage()
    {
        _text = TwoCalls;
        var (status, body) = await _server.PostAsync(Path, $"{{{Question}, {Tools}}}");

        var message = body["choices"]![0]!["message"]!;
        Assert.That(status, Is.EqualTo(200));
        Assert.That((string?)message["content"], Is.EqualTo("Let me see."));
        Assert.That(message["tool_calls"]!.Select(call => (string?)call["function"]!["arguments"]), Is.EqualTo(new[] { """{"city": "Paris 🌧"}""", """{"city": "Rome"}""" }));
        Assert.That(message["tool_calls"]!.Select(call => (string?)call["id"]), Is.Unique.And.All.Length.GreaterThanOrEqualTo(9));
        Assert.That(message["tool_calls"]!.Select(call => (string?)call["type"]), Is.All.EqualTo("function"));
    }

    [TestCaseSource(nameof(Texts))]
    public async Task Chat_Streamed_IsTheSameMessage(string text)
    {
        _text = text;
        foreach (var parallel in new[] { "true", "false" })
        {
            var fields = $"{Question}, {Tools}, \"parallel_tool_calls\": {parallel}, \"logprobs\": true, \"return_token_ids\": true";
            var (_, body) = await _server.PostAsync(Path, $"{{{fields}}}");
            var frames = await _server.StreamAsync(Path, $"{{{fields}, \"stream\": true}}");

            var whole = (JObject)body["choices"]![0]!;
            var streamed = Join(frames);
            ForgetIds(whole);
            ForgetIds(streamed);
            Assert.That(streamed.ToString(Formatting.None), Is.EqualTo(whole.ToString(Formatting.None)));
        }
    }

    [Test]
    public async Task Chat_CallStreamed_SaysItsIdentityOnceAndEndsWithToolCalls()
    {
        _text = "<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}</tool_call>";
        var frames = await _server.StreamAsync(Path, $"{{{Question}, {Tools}, \"stream\": true}}");

        var deltas = frames.SkipLast(1).Select(frame => JObject.Parse(frame)["choices"]![0]!["delta"]!.ToString(Formatting.None)).ToList();
        Assert.That(deltas[0], Is.EqualTo("""{"role":"assistant","content":"","refusal":null}"""));
        Assert.That(deltas[1], Does.Match("""^\{"tool_calls":\[\{"index":0,"id":"[^"]{9,}","type":"function","function":\{"name":"get_weather","arguments":""\}\}\]\}$"""));
        Assert.That(deltas[2..^1], Is.All.Match("""^\{"tool_calls":\[\{"index":0,"function":\{"arguments":"[^}]*\}?"\}\}\]\}$"""));
        Assert.That(deltas[2..^1], Has.Count.GreaterThan(3), "arguments come as the model writes them");
        Assert.That(string.Concat(deltas[2..^1].Select(delta => (string?)JObject.Parse(delta)["tool_calls"]![0]!["function"]!["arguments"])), Is.EqualTo("""{"city": "Rome"}"""));
        Assert.That(deltas[^1], Is.EqualTo("{}"));
        Assert.That(frames[^1], Is.EqualTo("[DONE]"));
    }

    [Test]
    public async Task Chat_LongArguments_AreStreamedInPieces()
    {
        _text = Texts[^1];
        var frames = await _server.StreamAsync(Path, $"{{{Question}, {Tools}, \"stream\": true}}");

        Assert.That(frames.Count(frame => frame.Contains("\"function\":{\"arguments\":", StringComparison.Ordinal)), Is.GreaterThan(10));
    }

    [Test]
    public async Task Chat_ToolChoiceNone_ShowsNoToolsAndParsesNothing()
    {
        _text = TwoCalls;
        var (_, body) = await _server.PostAsync(Path, $"{{{Question}, {Tools}, \"tool_choice\": \"none\"}}");

        Assert.That((string?)body["choices"]![0]!["message"]!["content"], Is.EqualTo(TwoCalls));
        Assert.That((string?)body["choices"]![0]!["finish_reason"], Is.EqualTo("length"));
        Assert.That(LastPrompt(), Does.Not.Contain("get_weather"));
    }

    [Test]
    public async Task Chat_DeprecatedFunctions_AreAnsweredInKind()
    {
        _text = TwoCalls;
        var fields = $"{Question}, \"functions\": [{{\"name\": \"get_weather\"}}]";
        var (_, body) = await _server.PostAsync(Path, $"{{{fields}}}");
        var frames = await _server.StreamAsync(Path, $"{{{fields}, \"stream\": true}}");

        const string expected = """{"name":"get_weather","arguments":"{\"city\": \"Paris 🌧\"}"}""";
        Assert.That(body["choices"]![0]!["message"]!["function_call"]!.ToString(Formatting.None), Is.EqualTo(expected));
        Assert.That(body["choices"]![0]!["message"]!["tool_calls"], Is.Null);
        Assert.That(Join(frames)["message"]!["function_call"]!.ToString(Formatting.None), Is.EqualTo(expected));
    }

    [Test]
    public async Task Chat_EarlierCallsInBothForms_StandInThePrompt()
    {
        _text = "ok";
        await _server.PostAsync(Path, $$$"""
            {"messages": [{"role": "user", "content": "Weather?"},
              {"role": "assistant", "content": null, "tool_calls": [{"id": "x", "type": "function", "function": {"name": "get_weather", "arguments": "{\"city\":\"Oslo\"}"}}]},
              {"role": "tool", "tool_call_id": "x", "content": "snow"},
              {"role": "assistant", "content": null, "function_call": {"name": "get_weather", "arguments": "{\"city\":\"Bonn\"}"}},
              {"role": "function", "name": "get_weather", "content": "rain"}], {{{Tools}}} }
            """);

        Assert.That(LastPrompt(), Does.Contain("""<tool_call>{"name": "get_weather", "arguments": {"city": "Oslo"}}</tool_call>""")
            .And.Contain("<|im_start|>tool\nsnow<|im_end|>")
            .And.Contain("""<tool_call>{"name": "get_weather", "arguments": {"city": "Bonn"}}</tool_call>""")
            .And.Contain("<|im_start|>tool\nrain<|im_end|>"));
    }

    [Test]
    public async Task Chat_Reasoning_IsApartAndCounted()
    {
        _text = "<think>\nHm, rain.\n</think>\n\n" + TwoCalls;
        var fields = $"{Question}, {Tools}, \"logprobs\": true, \"return_token_ids\": true";
        var (_, body) = await _reasoning.PostAsync(Path, $"{{{fields}}}");
        var frames = await _reasoning.StreamAsync(Path, $"{{{fields}, \"stream\": true, \"stream_options\": {{\"include_usage\": true}}}}");

        var whole = (JObject)body["choices"]![0]!;
        var streamed = Join(frames.Where(frame => !frame.Contains("\"choices\":[]", StringComparison.Ordinal)));
        ForgetIds(whole);
        ForgetIds(streamed);
        Assert.That((string?)whole["message"]!["reasoning"], Is.EqualTo("Hm, rain."));
        Assert.That((string?)whole["message"]!["reasoning_content"], Is.EqualTo("Hm, rain."));
        Assert.That((string?)whole["message"]!["content"], Is.EqualTo("Let me see."));
        Assert.That(streamed.ToString(Formatting.None), Is.EqualTo(whole.ToString(Formatting.None)));
        var count = (int)body["usage"]!["completion_tokens_details"]!["reasoning_tokens"]!;
        Assert.That(count, Is.InRange(5, (int)body["usage"]!["completion_tokens"]! - 20));
        Assert.That((int?)JObject.Parse(frames[^2])["usage"]!["completion_tokens_details"]!["reasoning_tokens"], Is.EqualTo(count));
    }

    [TestCase("\"tool_choice\": \"auto\"", "Hello", "{\"city\": \"Paris\"}")]
    [TestCase("\"response_format\": {\"type\": \"json_object\"}", "{\"a\": 1}", "{\"city\": \"Paris\"}")]
    [TestCase("\"response_format\": {\"type\": \"json_object\"}, \"tool_choice\": \"required\"", null, "{\"city\": \"Paris\"}")]
    public async Task Chat_StrictToolOrSchema_AllowsTextThatFollowsAndCallsThatFollow(string fields, string? content, string arguments)
    {
        _text = "<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}</tool_call>";
        const string strict = """
            "tools": [{"type": "function", "function": {"name": "get_weather", "strict": true, "parameters":
              {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": false}}}]
            """;
        var (status, body) = await _server.PostAsync(Path, $"{{{Question}, {strict}, {fields}}}");
        var (_, reasoned) = await _reasoning.PostAsync(Path, $"{{{Question}, {strict}, {fields}}}");

        Assert.That(status, Is.EqualTo(200), body.ToString());
        Assert.That(body["choices"]![0]!["message"]!["tool_calls"]!.Count(), Is.EqualTo(1));
        Assert.That(reasoned["choices"]![0]!["message"]!["tool_calls"]!.Count(), Is.EqualTo(1));
        var call = "<tool_call>{\"name\": \"get_weather\", \"arguments\": " + arguments + "}</tool_call>";
        foreach (var grammar in new[] { _runtime, _reasoningRuntime }.Select(runtime => runtime.Requests.Last().Grammar!))
        {
            Assert.That(GrammarProbe.Accepts(grammar, call));
            Assert.That(GrammarProbe.Accepts(grammar, content ?? call));
            Assert.That(GrammarProbe.Begins(grammar, call.Replace("city", "town", StringComparison.Ordinal)), Is.False);
            Assert.That(GrammarProbe.Begins(grammar, content == null ? "Hello" : call.Replace("\"Paris\"", "7", StringComparison.Ordinal)), Is.False);
        }

        Assert.That(GrammarProbe.Accepts(_reasoningRuntime.Requests.Last().Grammar!, "<think>\nSo <tool_call> or {\n</think>\n\n" + call));
        Assert.That(GrammarProbe.Accepts(_reasoningRuntime.Requests.Last().Grammar!, "<think>\nSo"), Is.EqualTo(content == "Hello"));
    }

    [Test]
    public async Task Chat_AutoSwitchedOff_IsRefusedWithTheOptions()
    {
        var (server, _) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("hi", request), "furiosa.enable-auto-tool-choice = off");
        _servers.Add(server);
        var (status, body) = await server.PostAsync(Path, $"{{{Question}, {Tools}}}");

        Assert.That(status, Is.EqualTo(400));
        Assert.That((string?)body["error"]!["param"], Is.EqualTo("tool_choice"));
        Assert.That((string?)body["error"]!["message"], Does.Contain("--enable-auto-tool-choice").And.Contain("--tool-call-parser"));
    }

    [TestCase("\"tool_choice\": \"required\"", 2)]
    [TestCase("\"tool_choice\": \"required\", \"parallel_tool_calls\": false", 1)]
    [TestCase("\"tool_choice\": {\"type\": \"function\", \"function\": {\"name\": \"get_weather\"}}", 2)]
    public async Task Chat_ForcedCall_IsAskedOfTheRuntimeAsAGrammar(string choice, int count)
    {
        _text = TwoCalls["Let me see.\n".Length..];
        var (status, body) = await _server.PostAsync(Path, $"{{{Question}, {Tools}, {choice}}}");

        Assert.That(status, Is.EqualTo(200), body.ToString());
        Assert.That(body["choices"]![0]!["message"]!["tool_calls"]!.Count(), Is.EqualTo(count));
        Assert.That(GrammarProbe.Accepts(_runtime.Requests.Last().Grammar!, """<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool_call>"""));
    }

    [TestCase("\"tool_choice\": \"required\", \"ignore_eos\": true", "ignore_eos")]
    [TestCase("\"tool_choice\": \"required\", \"response_format\": {\"type\": \"json_schema\"}", "response_format.json_schema")]
    public async Task Chat_ForcedCallThatCannotBe_IsRefused(string fields, string path)
    {
        var (status, body) = await _server.PostAsync(Path, $"{{{Question}, {Tools}, {fields}}}");

        Assert.That(status, Is.EqualTo(400));
        Assert.That((string?)body["error"]!["param"], Is.EqualTo(path));
    }

    [TestCase("""{"role": "function", "content": "x"}""", "messages[0].name")]
    [TestCase("""{"role": "assistant", "function_call": {"name": 1}}""", "messages[0].function_call.name")]
    [TestCase("""{"role": "assistant", "function_call": {"name": "f", "arguments": {}}}""", "messages[0].function_call.arguments")]
    [TestCase("""{"role": "assistant", "function_call": {"name": "f"}, "tool_calls": [{"function": {"name": "f"}}]}""", "messages[0].function_call")]
    [TestCase("""{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": 1}}]}""", "messages[0].tool_calls[0].function.arguments")]
    [TestCase("""{"role": "assistant", "content": "x", "reasoning": 1}""", "messages[0].reasoning")]
    public async Task Chat_BadEarlierCall_IsRefusedByItsPath(string message, string path)
    {
        var (status, body) = await _server.PostAsync(Path, $"{{\"messages\": [{message}]}}");

        Assert.That(status, Is.EqualTo(400), body.ToString());
        Assert.That((string?)body["error"]!["param"], Is.EqualTo(path));
    }

    [Test]
    public void WriteArgumentsAsText_Objects_BecomeText()
    {
        var messages = JArray.Parse("""[{"tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]}, {"role": "user"}]""");

        Assert.That(ToolHistory.WriteArgumentsAsText(messages), Is.True);
        Assert.That((string?)messages[0]["tool_calls"]![0]!["function"]!["arguments"], Is.EqualTo("""{"a":1}"""));
        Assert.That(ToolHistory.WriteArgumentsAsText(messages), Is.False);
    }

    private string LastPrompt() => ScriptedRuntime.Tokenizer.Decode([.. _runtime.Requests.Last().PromptIds], skipSpecialTokens: false);

    private static void ForgetIds(JObject choice)
    {
        foreach (var call in choice["message"]!["tool_calls"] ?? new JArray())
            call["id"] = "";
    }

    // Puts a streamed choice together in the shape of a whole one.
    private static JObject Join(IEnumerable<string> frames)
    {
        var message = new JObject { ["role"] = "assistant", ["content"] = "", ["refusal"] = null };
        var choice = new JObject { ["index"] = 0, ["message"] = message };
        var logprobs = new JArray();
        var ids = new JArray();
        foreach (var frame in frames.Where(frame => frame != "[DONE]").Select(JObject.Parse))
        {
            var part = frame["choices"]![0]!;
            var delta = (JObject)part["delta"]!;
            Append(message, delta, "content");
            Append(message, delta, "reasoning");
            Append(message, delta, "reasoning_content");
            foreach (var call in delta["tool_calls"] ?? new JArray())
                AppendCall(message, (JObject)call);
            if (delta["function_call"] is JObject function)
            {
                message["function_call"] ??= new JObject { ["name"] = function["name"], ["arguments"] = "" };
                Append((JObject)message["function_call"]!, function, "arguments");
            }

            foreach (var entry in part["logprobs"] is JObject logprob ? logprob["content"]! : new JArray())
                logprobs.Add(entry);
            foreach (var id in part["token_ids"] ?? new JArray())
                ids.Add(id);
            if (part["finish_reason"]!.Type == JTokenType.Null)
                continue;
            choice["logprobs"] = new JObject { ["content"] = logprobs, ["refusal"] = null };
            choice["finish_reason"] = part["finish_reason"];
            choice["stop_reason"] = part["stop_reason"];
            choice["token_ids"] = ids;
        }

        if ((string)message["content"]! == "" && message["tool_calls"] != null)
            message["content"] = null;
        return choice;
    }

    private static void AppendCall(JObject message, JObject part)
    {
        var calls = (JArray)(message["tool_calls"] ??= new JArray());
        if (part["id"] is { } id)
        {
            Assert.That((int)part["index"]!, Is.EqualTo(calls.Count));
            calls.Add(new JObject { ["id"] = id, ["type"] = part["type"], ["function"] = new JObject { ["name"] = part["function"]!["name"], ["arguments"] = "" } });
        }

        Append((JObject)calls[(int)part["index"]!]["function"]!, (JObject)part["function"]!, "arguments");
    }

    private static void Append(JObject target, JObject part, string field)
    {
        if (part[field] is { Type: JTokenType.String } text)
            target[field] = (string?)target[field] + (string?)text;
    }
}
