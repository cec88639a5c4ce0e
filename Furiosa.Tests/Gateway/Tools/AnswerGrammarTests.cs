using Furiosa.Gateway.Grammar;
using Furiosa.Gateway.OpenAi;
using Furiosa.Gateway.Tools.Forced;
using Furiosa.Gateway.Tools.Reasoning;
using Furiosa.Gateway.Tools.Requests;
using Furiosa.Tests.Gateway.Grammar;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Tools;

[TestFixture]
public sealed class AnswerGrammarTests
{
    private const string Tools = """
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"properties": {"a": {"type": "integer"}}, "required": ["a"]}}},
        {"type": "function", "function": {"name": "fg"}}]
        """;

    public static readonly object[][] Forms =
    [
        ["hermes", """<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>""", "\n<tool_call>\n{\"name\": \"fg\", \"arguments\": {}}\n</tool_call>", ""],
        ["qwen3_xml", "<tool_call>\n<function=f>\n<parameter=a>\n1\n</parameter>\n</function>\n</tool_call>", "\n<tool_call>\n<function=fg>\n</function>\n</tool_call>", ""],
        ["pythonic", "[f(a=1)", ", fg()", "]"],
        ["mistral", "[TOOL_CALLS]f{\"a\": 1}", "[TOOL_CALLS]fg[ARGS]{}", ""],
        ["deepseek_v3", "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{\"a\": 1}\n```<｜tool▁call▁end｜>",
            "\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>fg\n```json\n{}\n```<｜tool▁call▁end｜>", "<｜tool▁calls▁end｜>"],
        ["cohere", """<|START_ACTION|>[{"tool_call_id": "0", "tool_name": "f", "parameters": {"a": 1}}""",
            ",\n    {\"tool_call_id\": \"7\", \"tool_name\": \"fg\", \"parameters\": {}}", "\n]<|END_ACTION|>"],
        ["granite", """<|tool_call|>[{"name": "f", "arguments": {"a": 1}}""", """, {"name": "fg", "arguments": {}}""", "]"],
        ["glm45", "<tool_call>f\n<arg_key>a</arg_key>\n<arg_value>1</arg_value>\n</tool_call>", "\n<tool_call>fg\n</tool_call>", ""],
        ["minimax_m2", "<minimax:tool_call>\n<invoke name=\"f\">\n<parameter name=\"a\">1</parameter>\n</invoke>", "\n<invoke name=\"fg\">\n</invoke>", "\n</minimax:tool_call>"],
        ["kimi_k2", "<|tool_calls_section_begin|><|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{\"a\": 1}<|tool_call_end|>",
            "<|tool_call_begin|>functions.fg:1<|tool_call_argument_begin|>{}<|tool_call_end|>", "<|tool_calls_section_end|>"],
        ["kimi_k3", "<|open|>tools<|sep|><|open|>call tool=\"f\"<|sep|><|open|>argument key=\"a\" type=\"number\"<|sep|>1<|close|>argument<|sep|><|close|>call<|sep|>",
            "<|open|>call tool=\"fg\"<|sep|><|close|>call<|sep|>", "<|close|>tools<|sep|>"],
        ["tool_calls", """<tool_calls>[{"name": "f", "arguments": {"a": 1}}""", """, {"name": "fg", "arguments": {}}""", "]</tool_calls>"],
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
        var grammar = Make(tools, form, new GrammarCompiler());

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
        var grammar = Make(Read("\"required\"", ", \"parallel_tool_calls\": false"), CallForm.For("hermes"), new GrammarCompiler());

        Assert.That(GrammarProbe.Accepts(grammar, """<tool_call>{"name": "fg", "arguments": {}}</tool_call>"""));
        Assert.That(GrammarProbe.Begins(grammar, "<tool_call>{\"name\": \"fg\", \"arguments\": {}}</tool_call>\n"), Is.False);
    }

    [Test]
    public void Make_Named_TakesThatFunctionOnce()
    {
        var grammar = Make(Read("""{"type": "function", "function": {"name": "f"}}"""), CallForm.For(null), new GrammarCompiler());

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
            Make(Read("\"required\""), CallForm.For("hermes"), compiler).Key,
            Make(Read("\"required\""), CallForm.For("mistral"), compiler).Key,
            Make(Read("\"required\"", ", \"parallel_tool_calls\": false"), CallForm.For("hermes"), compiler).Key,
            Make(Read("""{"type": "function", "function": {"name": "f"}}"""), CallForm.For("hermes"), compiler).Key,
            Make(Read("""{"type": "function", "function": {"name": "fg"}}"""), CallForm.For("hermes"), compiler).Key,
        };

        Assert.That(keys, Is.Unique);
        Assert.That(Make(Read("\"required\""), CallForm.For("hermes"), compiler).Key, Is.EqualTo(keys[0]));
    }

    [TestCase("""{"type": "object"}""", "true", """{"type": "object"}""", "false")]
    [TestCase("""{"properties": {"a": {"type": "string"}}}""", "true", """{"properties": {"a": {"anyOf": [{"type": "string"}]}}}""", "true")]
    public void Make_FunctionsWithOneGrammarAsJson_AreNotTakenForEachOther(string one, string oneStrict, string other, string otherStrict)
    {
        var shared = new GrammarCompiler();
        var first = Make(Auto(one, oneStrict), CallForm.For("qwen3_xml"), shared);
        var second = Make(Auto(other, otherStrict), CallForm.For("qwen3_xml"), shared);

        Assert.That(first.Key, Is.EqualTo(Make(Auto(one, oneStrict), CallForm.For("qwen3_xml"), new GrammarCompiler()).Key));
        Assert.That(second.Key, Is.EqualTo(Make(Auto(other, otherStrict), CallForm.For("qwen3_xml"), new GrammarCompiler()).Key));

        static ToolsRequest Auto(string parameters, string strict) => ToolsRequestReader.Read(JObject.Parse($$$"""
            {"tools": [{"type": "function", "function": {"name": "f", "strict": {{{strict}}}, "parameters": {{{parameters}}}}},
            {"type": "function", "function": {"name": "g", "strict": true, "parameters": {"type": "object"} } }]}
            """));
    }

    [TestCase("""{"type": "array"}""", "tools[0].function.parameters.type")]
    [TestCase("""{"type": "object", "properties": {"a": {"unevaluatedItem": true}}}""", "tools[0].function.parameters")]
    public void Make_ParametersThatCannotBeFollowed_AreRefusedByPath(string parameters, string path)
    {
        var tools = ToolsRequestReader.Read(JObject.Parse($$$"""{"tools": [{"type": "function", "function": {"name": "f", "parameters": {{{parameters}}}}}], "tool_choice": "required"}"""));

        Assert.That(() => Make(tools, CallForm.For(null), new GrammarCompiler()),
            Throws.TypeOf<ApiException>().With.Property("Error").Property("Param").EqualTo(path));
    }

    public static readonly object[][] Texts =
    [
        ["hermes", "See <tool and <tool_call>{\"name\": \"f\", \"arguments\": {\"a\": 1}}</tool_call> there"],
        ["qwen3_xml", "See <tool_call>\n<function=f>\n<parameter=a>\n1\n</parameter>\n</function>\n</tool_call>"],
        ["llama3_json", "{\"name\": \"f\", \"parameters\": {\"a\": 1}}; {\"name\": \"fg\", \"parameters\": {}}"],
        ["mistral", "See [TOOL_CALLS] [{\"name\": \"f\", \"arguments\": {\"a\": 1}}]"],
        ["mistral", "See [TOOL_CALLS]f{\"a\": 1}"],
        ["pythonic", "[f(a=1)]"],
        ["granite", "See <tool_call>[{\"name\": \"f\", \"arguments\": {\"a\": 1}}]"],
        ["cohere", "See <|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": \"f\", \"parameters\": {\"a\": 1}}\n]<|END_ACTION|>"],
        ["deepseek_v3", "See <｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{\"a\": 1}<｜tool▁call▁end｜><｜tool▁calls▁end｜>"],
    ];

    [TestCaseSource(nameof(Texts))]
    public void Make_AutoWithStrictTools_TakesAnyTextAndCallsThatFollow(string parser, string text)
    {
        var tools = ToolsRequestReader.Read(JObject.Parse($"{{{Tools.Replace("\"f\",", "\"f\", \"strict\": true,", StringComparison.Ordinal)}}}"));
        var grammar = Make(tools, CallForm.For(parser), new GrammarCompiler());

        Assert.That(GrammarProbe.Accepts(grammar, ""));
        Assert.That(GrammarProbe.Accepts(grammar, "Any text, [ ] and {\n\"x\": 1} 🌧"));
        Assert.That(GrammarProbe.Accepts(grammar, text));
        Assert.That(GrammarProbe.Begins(grammar, text.Replace("1", "\"1\"", StringComparison.Ordinal)), Is.False);
        Assert.That(Parse(parser, text, tools).Calls[0], Is.EqualTo(("f", """{"a": 1}""")));
    }

    [Test]
    public void Make_AutoWithStrictToolsNotParallel_TakesOneCall()
    {
        var tools = ToolsRequestReader.Read(JObject.Parse($"{{{Tools.Replace("\"f\",", "\"f\", \"strict\": true,", StringComparison.Ordinal)}, \"parallel_tool_calls\": false}}"));
        var grammar = Make(tools, CallForm.For("hermes"), new GrammarCompiler());
        const string call = """x<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>""";

        Assert.That(GrammarProbe.Accepts(grammar, call));
        Assert.That(GrammarProbe.Accepts(grammar, "x"));
        Assert.That(GrammarProbe.Begins(grammar, call + "\n<tool_call>"), Is.False);
    }

    [Test]
    public void Make_OfXmlArguments_FollowsStringsAndOthers()
    {
        var tools = ToolsRequestReader.Read(JObject.Parse("""
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "required": ["s"], "$defs": {"n": {"type": "number"}}, "properties": {
              "s": {"type": "string", "minLength": 2}, "e": {"enum": ["a b", "c"]}, "o": {"anyOf": [{"type": "string"}, {"type": "null"}]}, "l": {"type": "array", "items": {"$ref": "#/$defs/n"}}}}}}],
             "tool_choice": "required"}
            """));
        var grammar = Make(tools, CallForm.For("qwen3_xml"), new GrammarCompiler());
        const string call = "<tool_call>\n<function=f>\n<parameter=s>\n\"x\" <b>\n</parameter>\n<parameter=e>\na b\n</parameter>\n<parameter=o>\nnull\n</parameter>\n<parameter=l>\n[1, 2.5]\n</parameter>\n</function>\n</tool_call>";

        Assert.That(GrammarProbe.Accepts(grammar, call));
        Assert.That(GrammarProbe.Begins(grammar, call.Replace("\"x\" <b>", "x", StringComparison.Ordinal)), Is.False);
        Assert.That(GrammarProbe.Begins(grammar, call.Replace("a b", "b", StringComparison.Ordinal)), Is.False);
        Assert.That(GrammarProbe.Begins(grammar, call.Replace("2.5", "x", StringComparison.Ordinal)), Is.False);
        Assert.That(Parse("qwen3_xml", call, tools).Calls, Is.EqualTo(new[] { ("f", """{"s": "\"x\" <b>", "e": "a b", "o": null, "l": [1, 2.5]}""") }));
    }

    [TestCase("Inside", "So {\"a\"... </think>\n\n[]", "[]")]
    [TestCase("Before", "<think>So</think>[]", "<think>So")]
    [TestCase("Before", "[]", "So</think>[]")]
    [TestCase("None", "[]", "<think>So</think>[]")]
    public void Make_Reasoning_IsFreeUntilItsEnd(string start, string taken, string refused)
    {
        var compiler = new GrammarCompiler();
        var grammar = AnswerGrammar.Make(ToolsRequest.Empty, compiler.FromJsonSchema("{\"type\": \"array\", \"maxItems\": 0}"), CallForm.For(null), "qwen3", Enum.Parse<ReasoningStart>(start), compiler)!;

        Assert.That(GrammarProbe.Accepts(grammar, taken));
        Assert.That(GrammarProbe.Accepts(grammar, refused), Is.False);
    }

    private static Furiosa.Actors.Protocol.GenerationGrammar Make(ToolsRequest tools, CallForm form, GrammarCompiler compiler) =>
        AnswerGrammar.Make(tools, null, form, null, ReasoningStart.None, compiler)!;

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
