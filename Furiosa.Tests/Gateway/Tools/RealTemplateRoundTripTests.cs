using Furiosa.Gateway.Grammar;
using Furiosa.Gateway.Text;
using Furiosa.Gateway.Tools;
using Furiosa.Gateway.Tools.Forced;
using Furiosa.Gateway.Tools.Harmony;
using Furiosa.Gateway.Tools.Reasoning;
using Furiosa.Gateway.Tools.Requests;
using Furiosa.Tests.Gateway.Grammar;
using Furiosa.Tests.Support;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Tools;

/// <summary>What a real template writes for an assistant's calls is what its model was trained to write: parsed again it gives the same calls.</summary>
[TestFixture]
public sealed class RealTemplateRoundTripTests
{
    // What ends an assistant's turn; models end with them, and they are in no text.
    private static readonly string[] Ends =
    [
        "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "</s>", "<|end|>", "<|call|>", "<|return|>", "<｜end▁of▁sentence｜>", "<|endoftext|>", "[/SYSTEM_PROMPT]", "<|user|>", "<|observation|>",
    ];

    private static readonly JArray Tools = JArray.Parse("""
        [{"type": "function", "function": {"name": "get_weather", "description": "Get the weather", "parameters": {"type": "object", "required": ["city"], "properties": {
            "city": {"type": "string", "description": "The city"}, "days": {"type": "integer"}, "detail": {"type": "boolean"}, "tags": {"type": "array", "items": {"type": "string"}},
            "where": {"type": "object"}, "factor": {"type": "number"}}}}},
         {"type": "function", "function": {"name": "search", "description": "Search", "parameters": {"type": "object", "properties": {"q": {"type": "string"}}}}}]
        """);

    private static readonly (string Name, string Arguments)[] Calls =
    [
        ("get_weather", """{"city":"Paris"}"""),
        ("get_weather", """{"city":"New \"York\" & <b>'s\\","days":3,"detail":true,"tags":["a","b c"],"where":{"lat":1.5,"name":"x"},"factor":-0.25}"""),
        ("search", """{"q":"two\nlines é 日本 🎉"}"""),
        ("search", """{}"""),
    ];

    private static readonly string[] Names = TestPaths.Shared is null
        ? [] : [.. Directory.GetFiles(Path.Combine(TestPaths.Shared, "conformance", "chat-templates"), "*.jinja").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    private static string Source(string name) => File.ReadAllText(Path.Combine(TestPaths.RequireShared("conformance", "chat-templates"), name + ".jinja"));

    /// <summary>
    /// Those whose calls a parser reads; for the others <c>auto</c> is refused. Kimi K2's here writes none, since it appends to a list, which the sandbox
    /// of transformers refuses as well.
    /// </summary>
    private static IEnumerable<string> Readable => Names.Where(name => name != "Kimi-K2-Instruct").Where(name => ToolCallParsers.FromTemplate(Source(name)) is not null || HarmonyParser.Fits(Source(name)));

    private static IEnumerable<string> Forced => Readable.Where(name => name != "LFM2.5-8B-A1B");

    /// <summary>Those that write calls at all.</summary>
    private static IEnumerable<string> Writing => Names.Where(name => Turn(ChatTemplate.Parse(Source(name)), [Calls[0]]) is not null);

    [TestCaseSource(nameof(Readable))]
    public void Parse_WhatTheTemplateWrites_GivesTheCallsAgain(string name)
    {
        var source = Source(name);
        var template = ChatTemplate.Parse(source);
        var parser = ToolCallParsers.FromTemplate(source);
        var isHarmony = HarmonyParser.Fits(source);
        var tried = 0;
        Assert.Multiple(() =>
        {
            foreach (var calls in Calls.Select(call => new[] { call }).Append([Calls[0], Calls[2]]))
            {
                if (Turn(template, calls) is not { } turn || !IsWhole(name, turn, calls)) continue;
                tried++;
                var framed = ReasoningParsers.Resolve(null, source);
                var parsed = Parse(parser, framed, framed is null ? "" : Render(template, [User()], tools: true, generation: true), turn);
                Assert.That(parsed, Is.EqualTo(calls.Select(call => $"{call.Name} {Canonical(call.Arguments)}")), $"{parser ?? "harmony"} of: {turn}");
            }
        });
        Assert.That(tried, Is.GreaterThan(0), "the template writes calls");
    }

    /// <summary>
    /// What a model was trained to write is allowed where a call is forced, to the last space; values that are no strings are written as JSON. LFM's strings
    /// stand in single quotes, forced ones in Python's other ones.
    /// </summary>
    [TestCaseSource(nameof(Forced))]
    public void Force_WhatTheTemplateWrites_IsAllowed(string name)
    {
        var source = Source(name);
        var template = ChatTemplate.Parse(source);
        var parser = HarmonyParser.Fits(source) ? HarmonyParser.Name : ToolCallParsers.FromTemplate(source);
        var reasoning = ReasoningParsers.Resolve(ReasoningParsers.Auto, source);
        var prompt = Render(template, [User()], tools: name != "llama-cpp-deepseek-r1", generation: true);
        var tools = ToolsRequestReader.Read(new JObject { ["tools"] = Tools.DeepClone(), ["tool_choice"] = "required" });
        var grammar = AnswerGrammar.Make(tools, null, CallForm.For(parser, ReasoningParsers.IsPrimed(reasoning, prompt)), reasoning, ReasoningParsers.StartOf(reasoning, prompt), new GrammarCompiler())!;
        // Muse's calls are messages each, forced ones stand in one.
        (string, string)[][] tried = [[Calls[0]], [Calls[2]], [Calls[3]], name == "muse-glimmer" ? [Calls[0]] : [Calls[0], Calls[2]]];
        var refused = tried.Where(calls => Turn(template, calls) is { } turn && IsWhole(name, turn, calls) && !GrammarProbe.Begins(grammar, Said(turn))).Select(calls => Said(Turn(template, calls)!)).ToList();

        Assert.That(refused, Is.Empty);
    }

    // Without the white space after an empty content, the end of a reasoning that MiniMax M3's has not begun, and what follows the calls.
    private static string Said(string turn)
    {
        string[] ends = [.. Ends, "<|END_OF_TURN_TOKEN|>", "<|message_sep|>", "<|end_of_msg|>", "<seed:eos>", "<sep>", "</assistant>", "[e~["];
        var last = Calls.Max(call => turn.LastIndexOf(call.Name, StringComparison.Ordinal));
        var said = turn[..ends.Select(end => turn.IndexOf(end, last, StringComparison.Ordinal)).Where(at => at > 0).DefaultIfEmpty(turn.Length).Min()];
        if (said.StartsWith("</mm:think>", StringComparison.Ordinal)) said = said["</mm:think>".Length..];
        return said.StartsWith(" to=", StringComparison.Ordinal) ? said : said.Trim('\n').TrimStart(' ');
    }

    /// <summary>Clients send null or an empty text beside calls; whichever it is, the model sees the calls.</summary>
    [TestCaseSource(nameof(Writing))]
    public void Shape_CallsWithoutContent_AreWrittenHoweverTheClientSaysIt(string name)
    {
        var template = ChatTemplate.Parse(Source(name));
        var written = new List<string>();
        foreach (var content in new JToken[] { "", JValue.CreateNull() })
        {
            var asText = false;
            var tools = name != "llama-cpp-deepseek-r1";
            while (true)
            {
                JArray messages = [User(), Assistant([Calls[0]], content, asText)];
                CallContent.Shape(messages, template);
                try
                {
                    written.Add(Render(template, messages, tools, generation: false));
                    break;
                }
                catch (ChatTemplateException) when (!asText)
                {
                    asText = true;
                }
            }
        }

        Assert.That(written[0][written[0].LastIndexOf("Go on.", StringComparison.Ordinal)..], Does.Contain("get_weather").And.Contain("Paris"));
        Assert.That(written[1], Is.EqualTo(written[0]));
    }

    // Some templates do not write what they were given: gpt-oss's and GigaChat's have only the first of several calls, and LFM's escapes nothing
    // in a string.
    private static bool IsWhole(string name, string turn, (string Name, string Arguments)[] calls) => name switch
    {
        "openai-gpt-oss-120b" or "GigaChat3-10B-A1.8B" or "GigaChat3.1-10B-A1.8B" => calls.Length == 1,
        "LFM2.5-8B-A1B" => !turn.Contains("\\'", StringComparison.Ordinal) && !turn.Contains("two\n", StringComparison.Ordinal),
        _ => true,
    };

    private static IEnumerable<string> Parse(string? parser, string? reasoning, string prompt, string turn)
    {
        var schemas = new ToolSchemas(Tools.ToDictionary(tool => (string)tool["function"]!["name"]!, tool => (JObject?)tool["function"]!["parameters"]));
        var ids = 0;
        IMessageParser subject = parser is null
            ? new HarmonyParser(true, () => $"{ids++}", true)
            : new MessageParser(reasoning is null ? null : ReasoningParsers.Create(reasoning, prompt), ToolCallParsers.Create(parser, schemas), true, () => $"{ids++}");
        var deltas = new List<MessageDelta>();
        foreach (var character in turn) subject.Feed(character.ToString(), deltas);
        subject.Finish(deltas);
        return [.. deltas.Where(delta => delta.Part == MessagePart.CallStart).Select(start =>
            $"{start.Text} {Canonical(string.Concat(deltas.Where(delta => delta.Part == MessagePart.Arguments && delta.Call == start.Call).Select(delta => delta.Text)))}")];
    }

    // The assistant's turn: what follows the prompt for it, without what ends it.
    private static string? Turn(ChatTemplate template, (string Name, string Arguments)[] calls)
    {
        // Some want the arguments as text, some no content, some no tools, as llama.cpp's own for R1, which Jinja cannot render with any.
        foreach (var (content, asText, tools) in
            from tools in new[] { true, false } from content in new JToken[] { "", JValue.CreateNull() } from asText in new[] { false, true } select (content, asText, tools))
        {
            try
            {
                var prompt = Render(template, [User()], tools, generation: true);
                var whole = Render(template, [User(), Assistant(calls, content, asText)], tools, generation: false);
                if (!whole[prompt.LastIndexOf("Go on.", StringComparison.Ordinal)..].Contains(calls[0].Name, StringComparison.Ordinal)) continue;
                var turn = whole[CommonLength(prompt, whole)..];
                for (var cut = true; cut;)
                {
                    cut = false;
                    turn = turn.TrimEnd('\n');
                    foreach (var end in Ends.Where(end => turn.EndsWith(end, StringComparison.Ordinal))) (turn, cut) = (turn[..^end.Length], true);
                }
                return turn;
            }
            catch (ChatTemplateException)
            {
                // Not so, then; or it takes one call only.
            }
        }
        return null;
    }

    // Not into a tag that begins like another one.
    private static int CommonLength(string prompt, string whole)
    {
        var common = prompt.Zip(whole).TakeWhile(pair => pair.First == pair.Second).Count();
        var (open, close) = (whole.LastIndexOf('<', common - 1), whole.LastIndexOf('>', common - 1));
        return open > close ? open : common;
    }

    private static JObject User() => new() { ["role"] = "user", ["content"] = "Go on." };

    private static JObject Assistant((string Name, string Arguments)[] calls, JToken content, bool asText) => new()
    {
        ["role"] = "assistant",
        ["content"] = content.DeepClone(),
        ["tool_calls"] = new JArray(calls.Select((call, i) => new JObject
        {
            ["id"] = $"call0000{i}",
            ["type"] = "function",
            ["function"] = new JObject { ["name"] = call.Name, ["arguments"] = asText ? call.Arguments : JObject.Parse(call.Arguments) },
        })),
    };

    private static string Render(ChatTemplate template, JArray messages, bool tools, bool generation) => template.Render(new JObject
    {
        ["messages"] = messages, ["tools"] = tools ? Tools.DeepClone() : JValue.CreateNull(), ["add_generation_prompt"] = generation,
        ["functions"] = "[]", ["datetime"] = "2026-01-01", ["bos_token"] = "<s>", ["eos_token"] = "</s>", ["pad_token"] = "<pad>", ["unk_token"] = "<unk>",
    });

    private static string Canonical(string json)
    {
        try
        {
            return JObject.Parse(json).ToString(Formatting.None);
        }
        catch (JsonException)
        {
            return "no JSON: " + json;
        }
    }
}
