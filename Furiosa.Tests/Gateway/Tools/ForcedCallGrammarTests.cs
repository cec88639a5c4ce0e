using Furiosa.Gateway.Grammar;
using Furiosa.Gateway.OpenAi;
using Furiosa.Gateway.Tools.Forced;
using Furiosa.Gateway.Tools.Requests;
using Furiosa.Tests.Gateway.Grammar;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Tools;

[TestFixture]
public sealed class ForcedCallGrammarTests
{
    private const string Tools = """
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"properties": {"a": {"type": "integer"}}, "required": ["a"]}}},
        {"type": "function", "function": {"name": "fg"}}]
        """;

    public static readonly object[][] Forms =
    [
        ["hermes", """<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>""", "\n<tool_call>\n{\"name\": \"fg\", \"arguments\": {}}\n</tool_call>", ""],
        ["qwen3_xml", """<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>""", "\n<tool_call>{\"name\": \"fg\", \"arguments\": {}}</tool_call>", ""],
        ["llama3_json", """{"name": "f", "parameters": {"a": 1}}""", """; {"name": "fg", "parameters": {}}""", ""],
        ["mistral", """[TOOL_CALLS] [{"name": "f", "arguments": {"a": 1}}""", """, {"name": "fg", "arguments": {}}""", "]"],
        ["deepseek_v3", """<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{"a": 1}<｜tool▁call▁end｜>""",
            "\n<｜tool▁call▁begin｜>fg<｜tool▁sep｜>{}<｜tool▁call▁end｜>", "<｜tool▁calls▁end｜>"],
    ];

    [TestCaseSource(nameof(Forms))]
    public void Make_Required_TakesOneOrMoreCallsThatTheParserReads(string parser, string one, string another, string closing)
    {
        var tools = Read("\"required\"");
        var form = CallForm.For(parser);
        var grammar = ForcedCallGrammar.Make(tools, form, new GrammarCompiler());

        Assert.That(GrammarProbe.Accepts(grammar, one + closing));
        Assert.That(GrammarProbe.Accepts(grammar, one + another + closing));
        Assert.That(GrammarProbe.Accepts(grammar, one + another + another), Is.EqualTo(closing.Length == 0));
        Assert.That(GrammarProbe.Accepts(grammar, ""), Is.False);
        Assert.That(GrammarProbe.Begins(grammar, "Sure"), Is.False);
        Assert.That(GrammarProbe.Begins(grammar, one.Replace("1", "\"1\"", StringComparison.Ordinal)), Is.False);
        Assert.That(GrammarProbe.Begins(grammar, one.Replace("f", "h", StringComparison.Ordinal)), Is.False);
        var calls = Parse(form.Parser, one + another + closing, tools);
        Assert.That(calls.Calls, Is.EqualTo(new[] { ("f", """{"a": 1}"""), ("fg", "{}") }));
        Assert.That(calls.Content, Is.Empty);
    }

    [Test]
    public void Make_NotParallel_TakesOneCall()
    {
        var grammar = ForcedCallGrammar.Make(Read("\"required\"", ", \"parallel_tool_calls\": false"), CallForm.For("hermes"), new GrammarCompiler());

        Assert.That(GrammarProbe.Accepts(grammar, """<tool_call>{"name": "fg", "arguments": {}}</tool_call>"""));
        Assert.That(GrammarProbe.Begins(grammar, "<tool_call>{\"name\": \"fg\", \"arguments\": {}}</tool_call>\n"), Is.False);
    }

    [Test]
    public void Make_Named_TakesThatFunctionOnce()
    {
        var grammar = ForcedCallGrammar.Make(Read("""{"type": "function", "function": {"name": "f"}}"""), CallForm.For(null), new GrammarCompiler());

        Assert.That(GrammarProbe.Accepts(grammar, """<tool_call>{"name": "f", "arguments": {"a": -20}}</tool_call>"""));
        Assert.That(GrammarProbe.Begins(grammar, """<tool_call>{"name": "fg"""), Is.False);
        Assert.That(GrammarProbe.Begins(grammar, "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": 1}}</tool_call>\n"), Is.False);
    }

    [Test]
    public void Make_DifferentRequests_HaveDifferentKeys()
    {
        var compiler = new GrammarCompiler();
        var keys = new[]
        {
            ForcedCallGrammar.Make(Read("\"required\""), CallForm.For("hermes"), compiler).Key,
            ForcedCallGrammar.Make(Read("\"required\""), CallForm.For("mistral"), compiler).Key,
            ForcedCallGrammar.Make(Read("\"required\"", ", \"parallel_tool_calls\": false"), CallForm.For("hermes"), compiler).Key,
            ForcedCallGrammar.Make(Read("""{"type": "function", "function": {"name": "f"}}"""), CallForm.For("hermes"), compiler).Key,
            ForcedCallGrammar.Make(Read("""{"type": "function", "function": {"name": "fg"}}"""), CallForm.For("hermes"), compiler).Key,
        };

        Assert.That(keys, Is.Unique);
        Assert.That(ForcedCallGrammar.Make(Read("\"required\""), CallForm.For("hermes"), compiler).Key, Is.EqualTo(keys[0]));
    }

    [TestCase("""{"type": "array"}""", "tools[0].function.parameters.type")]
    [TestCase("""{"type": "object", "properties": {"a": {"unevaluatedItems": true}}}""", "tools[0].function.parameters")]
    public void Make_ParametersThatCannotBeFollowed_AreRefusedByPath(string parameters, string path)
    {
        var tools = ToolsRequestReader.Read(JObject.Parse($$$"""{"tools": [{"type": "function", "function": {"name": "f", "parameters": {{{parameters}}}}}], "tool_choice": "required"}"""));

        Assert.That(() => ForcedCallGrammar.Make(tools, CallForm.For(null), new GrammarCompiler()),
            Throws.TypeOf<ApiException>().With.Property("Error").Property("Param").EqualTo(path));
    }

    private static ToolsRequest Read(string choice, string more = "") =>
        ToolsRequestReader.Read(JObject.Parse($$"""{ {{Tools}}, "tool_choice": {{choice}}{{more}} }"""));

    private static ParsedMessage Parse(string parser, string text, ToolsRequest tools)
    {
        var subject = Furiosa.Gateway.Tools.ToolCallParsers.Create(parser, tools.Schemas());
        var deltas = new List<Furiosa.Gateway.Tools.ToolDelta>();
        subject.Feed(text, deltas);
        subject.Finish(deltas);
        return ParsedMessage.FromDeltas(deltas);
    }
}
