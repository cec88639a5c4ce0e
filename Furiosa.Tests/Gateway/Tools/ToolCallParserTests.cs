using Furiosa.Gateway.Tools;

namespace Furiosa.Tests.Gateway.Tools;

/// <summary>What each syntax makes of whole messages. Expected: content, then name and arguments of each call, by lines.</summary>
[TestFixture]
public sealed class ToolCallParserTests
{
    private const string Begin = "<｜tool▁calls▁begin｜>";
    private const string CallBegin = "<｜tool▁call▁begin｜>";
    private const string Separator = "<｜tool▁sep｜>";
    private const string CallEnd = "<｜tool▁call▁end｜>";
    private const string End = "<｜tool▁calls▁end｜>";

    public static readonly object[][] Wellformed =
    [
        ["hermes", """<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool_call>""", "", """get_weather {"city": "Paris"}"""],
        ["hermes", "Let me see.\n\n<tool_call>\n{\"arguments\": { \"q\" :[1,2.50e1] }, \"name\": \"search\"}\n</tool_call>\n<tool_call>{\"name\":\"f\"}</tool_call>\n",
            "Let me see.", "search { \"q\" :[1,2.50e1] }", "f {}"],
        ["hermes", """<tool_call>{"name": "f", "parameters": "{\"a\": \"b\"}"}</tool_call> done""", " done", """f {"a": "b"}"""],
        ["hermes", """<tool_call>{"name": "f", "arguments": {"a": "<tool_call>{}</tool_call>"}, "id": 12, "x": [null, {}]}</tool_call>""", "", """f {"a": "<tool_call>{}</tool_call>"}"""],
        ["hermes", """<tool_call>{"name": "f", "arguments": null}""", "", "f {}"],
        ["hermes", "plain <b>text</b> \n", "plain <b>text</b> \n"],
        ["hermes", " \n ", " \n "],
        ["llama3_json", """{"name": "get_weather", "parameters": {"city": "Zürich \ud83d\ude00"}}""", "", """get_weather {"city": "Zürich \ud83d\ude00"}"""],
        ["llama3_json", "\n<|python_tag|>{\"name\": \"search\", \"parameters\": {}}; {\"type\": \"function\", \"name\": \"search\", \"parameters\": {\"a\": 1}}\n", "", "search {}", "search {\"a\": 1}"],
        ["llama3_json", """{"name": "Paris", "parameters": {"city": "x"}}""", """{"name": "Paris", "parameters": {"city": "x"}}"""],
        ["llama3_json", """The object is {"name": "search", "parameters": {}}""", """The object is {"name": "search", "parameters": {}}"""],
        ["llama3_json", """{"capital": "Paris"}""", """{"capital": "Paris"}"""],
        ["mistral", """[TOOL_CALLS] [{"name": "f", "arguments": {"a": [1, 2]}, "id": "abcdefghi"}, {"name": "g", "arguments": {}}]""", "", """f {"a": [1, 2]}""", "g {}"],
        ["mistral", """Sure.[TOOL_CALLS]f{"a": 1}[TOOL_CALLS]g[ARGS]{"b": {}}[TOOL_CALLS]h[CALL_ID]123456789[ARGS]{}""", "Sure.", """f {"a": 1}""", """g {"b": {}}""", "h {}"],
        ["mistral", """[TOOL_CALLS]{"name": "f", "arguments": {"a": 1}}""", "", """f {"a": 1}"""],
        ["qwen3_xml", "<tool_call>\n<function=get_weather>\n<parameter=city>\nSan \"F\"\n</parameter>\n<parameter=days>\n3\n</parameter>\n<parameter=detail>\nTrue\n</parameter>\n</function>\n</tool_call>",
            "", """get_weather {"city": "San \"F\"", "days": 3, "detail": true}"""],
        ["qwen3_xml", "Ok.\n<function=get_weather><parameter=city>a\n</p\nb</parameter><parameter=tags>['x', 1]</parameter><parameter=where>{\"a\": 1}</parameter><parameter=unit>null</parameter><parameter=level>2</parameter></function>",
            "Ok.", """get_weather {"city": "a\n</p\nb", "tags": ["x", 1], "where": {"a": 1}, "unit": null, "level": 2}"""],
        ["qwen3_xml", "<tool_call><function=other></function></tool_call><tool_call><function=get_weather><parameter=days>many</parameter><parameter=city>7</parameter><parameter=unit>C</parameter></function></tool_call>",
            "", "other {}", """get_weather {"days": "many", "city": "7", "unit": "C"}"""],
        ["pythonic", """[get_weather(city='Par"is', days=-3, detail=True, where={'a': [1, 2.5, (None,)], "b": {}}), search()]""", "",
            """get_weather {"city": "Par\"is", "days": -3, "detail": true, "where": {"a": [1, 2.5, [null]], "b": {}}}""", "search {}"],
        ["pythonic", """<|tool_call_start|>[other(a="x\n\u00e9\x41\'", )]<|tool_call_end|>Wait.""", "Wait.", """other {"a": "x\néA'"}"""],
        ["pythonic", "[1, 2, 3]", "[1, 2, 3]"],
        ["pythonic", "[other(a=1)]", "[other(a=1)]"],
        ["deepseek_v3", $"Hm.{Begin}{CallBegin}function{Separator}f\n```json\n{{\"a\": 1}}\n```{CallEnd}\n{CallBegin}function{Separator}g\n```json\n{{}}\n```{CallEnd}{End}", "Hm.", "f {\"a\": 1}", "g {}"],
        ["cohere", "Hm.<|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": \"f\", \"parameters\": {\"a\": [1, \"]\"]}},\n    {\"tool_call_id\": \"1\", \"tool_name\": \"g\"}\n]<|END_ACTION|>",
            "Hm.", """f {"a": [1, "]"]}""", "g {}"],
        ["granite", """<|tool_call|> [{"name": "f", "arguments": {"a": 1}}, {"name": "g", "arguments": {}}]""", "", """f {"a": 1}""", "g {}"],
        ["granite", """Ok. <tool_call>[{"name": "f", "arguments": {"a": "x"}}]""", "Ok.", """f {"a": "x"}"""],
        ["seed_oss", "Ok\n<seed:tool_call>\n<function=get_weather>\n<parameter=city>a\n</parameter>\n<parameter=where>{'a': None}</parameter>\n</function>\n</seed:tool_call>", "Ok", """get_weather {"city": "a\n", "where": {"a": null}}"""],
        ["glm45", "Ok.<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>a <b></arg_value>\n<arg_key>days</arg_key>\n<arg_value>3</arg_value>\n</tool_call><tool_call>f</tool_call>",
            "Ok.", """get_weather {"city": "a <b>", "days": 3}""", "f {}"],
        ["minimax_m2", "<minimax:tool_call>\n<invoke name=\"get_weather\">\n<parameter name=\"city\">a\"b</parameter>\n<parameter name=\"tags\">[1]</parameter>\n</invoke>\n<invoke name=\"f\">\n</invoke>\n</minimax:tool_call>",
            "", """get_weather {"city": "a\"b", "tags": [1]}""", "f {}"],
        ["minimax_m3", "]<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name=\"get_weather\">]<]minimax[>[<where>]<]minimax[>[<where>]<]minimax[>[<item>1.5]<]minimax[>[</item>]<]minimax[>[<item>x]<]minimax[>[</item>]<]minimax[>[</where>]<]minimax[>[</where>]<]minimax[>[<city>a]<]minimax[>[</city>]<]minimax[>[</invoke>\n]<]minimax[>[</tool_call>",
            "", """get_weather {"where": {"where": [1.5, "x"]}, "city": "a"}"""],
        ["atem", "<atem:function_calls>\n<atem:invoke name=\"get_weather\">\n<atem:parameter name=\"detail\">true</atem:parameter>\n</atem:invoke>\n</atem:function_calls>", "", """get_weather {"detail": true}"""],
        ["deepseek_v32", "Ok.\n\n<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"f\">\n<｜DSML｜parameter name=\"a\" string=\"true\">1</｜DSML｜parameter>\n<｜DSML｜parameter name=\"b\" string=\"false\">1</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>",
            "Ok.", """f {"a": "1", "b": 1}"""],
        ["kimi_k3", "<|open|>tools<|sep|><|open|>call tool=\"f\" index=\"1\"<|sep|><|open|>argument key=\"a&quot;b\" type=\"string\"<|sep|>1<|close|>argument<|sep|><|open|>argument key=\"c\" type=\"number\"<|sep|>2<|close|>argument<|sep|><|close|>call<|sep|><|close|>tools<|sep|>",
            "", """f {"a\"b": "1", "c": 2}"""],
        ["kimi_k2", "Ok.<|tool_calls_section_begin|><|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{\"a\": 1}<|tool_call_end|><|tool_call_begin|>functions.g:1<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>",
            "Ok.", """f {"a": 1}""", "g {}"],
        ["solar", "<|tool_call:begin|>a1b2c3d4e5<|tool_call:name|>f<|tool_call:args|>{\"a\": 1}<|tool_call:end|><|tool_call:begin|>a1b2c3d4e6<|tool_call:name|>g<|tool_call:args|>{}<|tool_call:end|>", "", """f {"a": 1}""", "g {}"],
        ["functionary_v3", ">>>get_weather\n{\"city\": \"x\"}>>>f\n{}", "", """get_weather {"city": "x"}""", "f {}"],
        ["function_tags", "<function=f>{\"a\": 1}</function>", "", """f {"a": 1}"""],
        ["functools", " functools[{\"name\": \"f\", \"arguments\": {\"a\": 1}}, {\"name\": \"g\", \"arguments\": {}}]", "", """f {"a": 1}""", "g {}"],
        ["tool_calls", "<tool_calls>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n{\"name\": \"g\", \"arguments\": {}}\n</tool_calls>", "", """f {"a": 1}""", "g {}"],
        ["tool_calls", "<tool_calls>[{\"name\": \"f\", \"arguments\": {\"a\": 1}}]</tool_calls>", "", """f {"a": 1}"""],
        ["gigachat3", "Ok.<|message_sep|>\n\nfunction call<|role_sep|>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}", "Ok.", """f {"a": 1}"""],
        ["gigachat3", "<|function_call|>{\"name\": \"f\", \"arguments\": {\"a\": 1}}", "", """f {"a": 1}"""],
        ["internlm", "Ok.<|action_start|><|plugin|>\n{\"name\": \"f\", \"parameters\": {\"a\": 1}}<|action_end|>", "Ok.", """f {"a": 1}"""],
        ["deepseek_v31", $"{Begin}{CallBegin}f{Separator}{{\"a\": \"b\"}}{CallEnd}{CallBegin}g{Separator}{{}}{CallEnd}", "", "f {\"a\": \"b\"}", "g {}"],
    ];

    public static readonly object[][] Malformed =
    [
        ["cohere", """<|START_ACTION|>[{"tool_call_id": "0", "name": "f", "parameters": {}}]<|END_ACTION|>"""],
        ["cohere", """<|START_ACTION|>[{"tool_call_id": "0", "tool_name": "f", "parameters": {"a": 1}<|END_ACTION|> so"""],
        ["cohere", "<|START_ACTION|>nothing<|END_ACTION|>"],
        ["granite", """<|tool_call|>{"name": "f", "arguments": {}}"""],
        ["granite", "<|tool_call|>[]"],
        ["hermes", """<tool_call>{"name": "f", "arguments": {"a": 1}</tool_call> and so"""],
        ["hermes", """<tool_call>{"name": "f", "arguments": {"city": "Par"""],
        ["hermes", """<tool_call>{"name": "f", "arguments": 3}</tool_call>"""],
        ["hermes", """<tool_call>{"name": "f", "arguments": "no object"}</tool_call>"""],
        ["hermes", """<tool_call>{"arguments": {}}</tool_call>"""],
        ["hermes", """<tool_call>{"name": "", "arguments": {}}</tool_call>"""],
        ["hermes", """<tool_call>{"name": "f", "name": "g", "arguments": {}}</tool_call>"""],
        ["hermes", """<tool_call>{"name": "f", "arguments": {"a": 01}}</tool_call>"""],
        ["hermes", """<tool_call>{"name": "f", "arguments": {'a': 1}}</tool_call>"""],
        ["hermes", "  \n<tool_call>nothing</tool_call>"],
        ["hermes", "<tool_cal"],
        ["glm45", "<tool_call>{\"name\": \"f\"}</tool_call>"],
        ["kimi_k2", "<|tool_calls_section_begin|><|tool_calls_section_end|>"],
        ["minimax_m3", "]<]minimax[>[<tool_call>nothing]<]minimax[>[</tool_call>"],
        ["functools", "functools is a module"],
        ["functionary_v3", ">>> quoted twice"],
        ["hermes", "<tool_call><tool_call"],
        ["llama3_json", """{"name": "search", "parameters": {"""],
        ["mistral", "[TOOL_CALLS] [1, 2]"],
        ["mistral", "[TOOL_CALLS]what is this"],
        ["mistral", "[TOOL_CALLS]f{\"a\": }"],
        ["qwen3_xml", "<tool_call>\n<function=f>\n<parameter=a>\nb\n</parameter>\n</tool_call>"],
        ["qwen3_xml", "<function=f><parameter=a>b</parameter><parameter=a>c</parameter></function>"],
        ["qwen3_xml", "<tool_call>{}</tool_call>"],
        ["pythonic", "[search(1)]"],
        ["deepseek_v3", $"{Begin}{CallBegin}function{Separator}f\n{{}}{CallEnd}{End}"],
        ["deepseek_v3", $"{Begin}{CallBegin}f{Separator}{{}}{Begin}"],
    ];

    [TestCaseSource(nameof(Wellformed))]
    public void Parse_WholeMessage_GivesContentAndCalls(string parser, string text, string content, params string[] calls)
    {
        var message = ParsedMessage.Parse(parser, text);

        Assert.That(message.Content, Is.EqualTo(content));
        Assert.That(message.Calls.Select(call => $"{call.Name} {call.Arguments}"), Is.EqualTo(calls));
        Assert.That(message.Calls.Select(call => call.Arguments), Has.All.Matches<string>(JsonValueScanner.IsValue));
    }

    [TestCaseSource(nameof(Malformed))]
    public void Parse_MalformedCall_IsContent(string parser, string text)
    {
        var message = ParsedMessage.Parse(parser, text);

        Assert.That(message.Calls, Is.Empty);
        Assert.That(message.Content, Is.EqualTo(text));
    }

    [TestCase("hermes", "<tool_call>{\"name\": \"search\", \"arguments\": {\"a\": tru}}</tool_call> ok", "{\"a\": tru}}", " ok")]
    [TestCase("hermes", "<tool_call>{\"name\": \"search\", \"arguments\": {\"a\": 1}</tool_call> ok", "{\"a\": 1}", " ok")]
    [TestCase("hermes", "<tool_call>{\"name\": \"search\", \"arguments\": {\"a\": \"cut off he", "{\"a\": \"cut off he", "")]
    [TestCase("llama3_json", "{\"name\": \"search\", \"parameters\": {\"a\": tru}}", "{\"a\": tru}}", "")]
    [TestCase("mistral", "[TOOL_CALLS]search[ARGS]{\"a\": 'x'}", "{\"a\": 'x'}", "")]
    [TestCase("qwen3_xml", "<tool_call>\n<function=search>\n<parameter=a>\nb\n</parameter>\noops\n</tool_call> ok", "{\"a\": \"b\"\noops\n", " ok")]
    [TestCase("pythonic", "[search(a=b)]", "{\"a\": b)]", "")]
    public void Parse_CallThatLeavesItsSyntaxInItsArguments_KeepsThemAsWritten(string parser, string text, string arguments, string content)
    {
        var message = ParsedMessage.Parse(parser, text, new Random(5));

        Assert.That(message.Calls, Is.EqualTo(new[] { ("search", arguments) }));
        Assert.That(message.Content, Is.EqualTo(content));
    }

    [Test]
    public void Parse_GoodCallAfterBadOne_IsFound()
    {
        const string bad = "<tool_call>{\"name\": 3} ";

        var message = ParsedMessage.Parse("hermes", bad + """<tool_call>{"name": "f", "arguments": {}}</tool_call>""");

        Assert.That(message.Content, Is.EqualTo(bad.TrimEnd()));
        Assert.That(message.Calls, Is.EqualTo(new[] { ("f", "{}") }));
    }

    [Test]
    public void Parse_ListWhoseSecondCallIsBad_KeepsTheFirst()
    {
        var message = ParsedMessage.Parse("mistral", """[TOOL_CALLS] [{"name": "f", "arguments": {}}, {"name": "g", "arguments": [}]""");

        Assert.That(message.Calls, Is.EqualTo(new[] { ("f", "{}") }));
        Assert.That(message.Content, Is.EqualTo(""", {"name": "g", "arguments": [}]"""));
    }
}
