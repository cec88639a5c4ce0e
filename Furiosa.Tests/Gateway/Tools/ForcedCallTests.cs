using System.Text;
using Furiosa.Device.Grammar;
using Furiosa.Gateway.Grammar;
using Furiosa.Gateway.Tools;
using Furiosa.Gateway.Tools.Forced;
using Furiosa.Gateway.Tools.Harmony;
using Furiosa.Gateway.Tools.Reasoning;
using Furiosa.Gateway.Tools.Requests;
using Furiosa.Tests.Gateway.Grammar;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Tools;

/// <summary>
/// Whatever a model would say that is held to calls, its own parser reads calls of it: of functions that there are, with arguments that follow
/// their schemas, and nothing beside them.
/// </summary>
[TestFixture]
public sealed class ForcedCallTests
{
    private const int Walks = 6;

    private static readonly JObject Weather = JObject.Parse("""
        {"type": "object", "required": ["city", "days"], "properties": {"city": {"type": "string", "minLength": 1, "maxLength": 6}, "days": {"type": "integer", "minimum": 0, "maximum": 9},
         "tags": {"type": "array", "items": {"enum": ["a", "b c"]}, "maxItems": 2}, "exact": {"type": "boolean"}}}
        """);

    private static readonly JObject Nothing = new() { ["type"] = "object", ["additionalProperties"] = false };

    // With the frames that their models write.
    private static readonly Dictionary<string, string> Reasoning = new()
    {
        ["cohere"] = "cohere", ["solar"] = "solar", ["kimi_k3"] = "kimi_k3", ["atem"] = "muse", ["functionary_v3"] = "functionary",
    };

    private static IEnumerable<string> Parsers => ToolCallParsers.Names.Where(name => name != ToolCallParsers.Auto).Append(HarmonyParser.Name);

    [Test]
    public void Walk_OfAForcedAnswer_IsReadAsValidCalls([ValueSource(nameof(Parsers))] string parser, [Values("required", "one", "named")] string choice)
    {
        Check(parser, null, "", choice);
        if (Reasoning.TryGetValue(parser, out var frames)) Check(parser, frames, "", choice);
        if (parser == "functionary_v3") Check(parser, "functionary", "Go on.>>>", choice);
    }

    private static void Check(string parser, string? reasoning, string prompt, string choice)
    {
        var tools = ToolsRequestReader.Read(new JObject
        {
            ["tools"] = new JArray(Function("get_weather", Weather), Function("stop", null)),
            ["tool_choice"] = choice == "named" ? new JObject { ["type"] = "function", ["function"] = new JObject { ["name"] = "get_weather" } } : "required",
            ["parallel_tool_calls"] = choice != "one",
        });
        var form = CallForm.For(parser, ReasoningParsers.IsPrimed(reasoning, prompt));
        var grammar = AnswerGrammar.Make(tools, null, form, reasoning, ReasoningStart.None, new GrammarCompiler())!;
        var masks = new TokenMaskMaker(new VocabularyTrie(Vocabulary(form.Parser, reasoning)));
        var random = new Random(5);
        var most = 0;
        for (var walk = 0; walk < Walks; walk++)
        {
            var (text, ended, _) = GrammarWalk.Run(masks, grammar, random, 4000);
            Assert.That(ended, text);
            var message = Read(parser, form, reasoning, prompt, text, tools, random);
            Assert.That(message.Content.Trim(), Is.Empty, text);
            Assert.That(message.Calls, Is.Not.Empty, text);
            most = Math.Max(most, message.Calls.Count);
            foreach (var (name, arguments) in message.Calls)
            {
                Assert.That(name, Is.AnyOf("get_weather", choice == "named" ? "get_weather" : "stop"), text);
                Validation.AssertValid(name == "stop" ? Nothing : Weather, arguments);
            }
        }

        if (choice != "required") Assert.That(most, Is.EqualTo(1));
    }

    private static JObject Function(string name, JObject? parameters) => new() { ["type"] = "function", ["function"] = new JObject { ["name"] = name, ["parameters"] = parameters } };

    // Every byte, and the marks as special tokens: a walk takes now these, now those.
    private static byte[][] Vocabulary(string parser, string? reasoning)
    {
        var marks = parser == HarmonyParser.Name ? HarmonyParser.Marks : ToolCallParsers.SpecialMarks(parser);
        if (reasoning != null) marks = [.. marks, .. ReasoningParsers.Marks(reasoning).SpecialMarks];
        return [.. Enumerable.Range(0, 255).Select(value => new[] { (byte)value }), .. marks.Where(mark => mark.Length > 0).Distinct().Select(mark => (byte[])[TokenVocabulary.SpecialMark, .. Encoding.UTF8.GetBytes(mark)])];
    }

    private static ParsedMessage Read(string name, CallForm form, string? reasoning, string prompt, string text, ToolsRequest tools, Random cuts)
    {
        IMessageParser subject = name == HarmonyParser.Name
            ? new HarmonyParser(true, () => "id", true)
            : new MessageParser(reasoning == null ? null : ReasoningParsers.Create(reasoning, prompt), ToolCallParsers.Create(form.Parser, tools.Schemas()), true, () => "id");
        var deltas = new List<MessageDelta>();
        for (var at = 0; at < text.Length;)
        {
            var length = Math.Min(cuts.Next(1, 9), text.Length - at);
            subject.Feed(text.Substring(at, length), deltas);
            at += length;
        }

        subject.Finish(deltas);
        string Of(MessagePart part, int? call = null) => string.Concat(deltas.Where(delta => delta.Part == part && (call == null || delta.Call == call)).Select(delta => delta.Text));
        return new ParsedMessage(Of(MessagePart.Content), [.. deltas.Where(delta => delta.Part == MessagePart.CallStart).Select(start => (start.Text, Of(MessagePart.Arguments, start.Call)))]);
    }
}
