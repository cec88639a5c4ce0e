using Furiosa.Gateway.Grammar;
using Furiosa.Gateway.Tools;
using Furiosa.Gateway.Tools.Forced;
using Furiosa.Gateway.Tools.Harmony;
using Furiosa.Gateway.Tools.Reasoning;
using Furiosa.Gateway.Tools.Requests;
using Furiosa.Tests.Gateway.Grammar;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Tools;

/// <summary>What gpt-oss's answers become.</summary>
[TestFixture]
public sealed class HarmonyParserTests
{
    public static readonly object[][] Texts =
    [
        ["<|channel|>analysis<|message|>Hm < |.<|end|><|start|>assistant<|channel|>final<|message|>Hello!<|return|>", "Hm < |.", "Hello!", ""],
        ["<|channel|>analysis<|message|>Call.<|end|><|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{\"city\":\"Paris\"}<|call|>", "Call.", "", "get_weather {\"city\":\"Paris\"}"],
        ["<|channel|>commentary<|message|>I look.<|end|><|start|>assistant to=functions.f<|channel|>commentary json<|message|>{}", "", "I look.", "f {}"],
        ["<|channel|>commentary to=functions.f<|message|><|end|><|start|>assistant<|channel|>commentary to=functions.g<|message|>{\"a\":1}", "", "", "f {}; g {\"a\":1}"],
        ["<|channel|>final<|message|>{\"a\": \"<|\"}", "", "{\"a\": \"<|\"}", ""],
        ["<|channel|>analysis<|message|>cut off he", "cut off he", "", ""],
        ["plain", "", "plain", ""],
        ["", "", "", ""],
    ];

    [TestCaseSource(nameof(Texts))]
    public void Feed_TextCutAnywhere_GivesTheSameMessage(string text, string reasoning, string content, string calls)
    {
        var random = new Random(3);
        for (var round = 0; round < 20; round++)
            Assert.That(Parse(text, random), Is.EqualTo($"{reasoning}|{content}|{calls}"));
    }

    [TestCase("<|channel|>commentary to=functions.f <|constrain|>json<|message|>{\"a\": 1}", "f {\"a\": 1}")]
    [TestCase("<|channel|>analysis<|message|>So.<|end|><|start|>assistant<|channel|>final<|message|>[]", "")]
    public void HarmonyForm_SchemaAndStrictTool_TakesWhatTheParserReads(string text, string call)
    {
        var tools = ToolsRequestReader.Read(JObject.Parse("""
            {"tools": [{"type": "function", "function": {"name": "f", "strict": true, "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}}}]}
            """));
        var compiler = new GrammarCompiler();
        var grammar = AnswerGrammar.Make(tools, compiler.FromJsonSchema("""{"const": []}"""), CallForm.For(HarmonyParser.Name), null, ReasoningStart.None, compiler)!;

        Assert.That(GrammarProbe.Accepts(grammar, text));
        Assert.That(GrammarProbe.Begins(grammar, "[]"), Is.False);
        Assert.That(GrammarProbe.Begins(grammar, text.Replace("1", "\"1\"", StringComparison.Ordinal).Replace("[]", "{}", StringComparison.Ordinal)), Is.False);
        Assert.That(Parse(text, new Random(1)), Does.EndWith($"|{call}"));
    }

    private static string Parse(string text, Random random)
    {
        var parser = new HarmonyParser(parallel: true, () => "id", showReasoning: true);
        var deltas = new List<MessageDelta>();
        for (var at = 0; at < text.Length;)
        {
            var length = Math.Min(random.Next(1, 9), text.Length - at);
            parser.Feed(text.Substring(at, length), deltas);
            at += length;
        }

        parser.Finish(deltas);
        var calls = deltas.Where(delta => delta.Part == MessagePart.CallStart)
            .Select(call => $"{call.Text} {string.Concat(deltas.Where(delta => delta.Part == MessagePart.Arguments && delta.Call == call.Call).Select(delta => delta.Text))}");
        return $"{Join(MessagePart.Reasoning)}|{Join(MessagePart.Content)}|{string.Join("; ", calls)}";

        string Join(MessagePart part) => string.Concat(deltas.Where(delta => delta.Part == part).Select(delta => delta.Text));
    }
}
