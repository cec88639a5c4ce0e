using Furiosa.Gateway.Text;
using Furiosa.Gateway.Text.Tokenizers;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Text;

public sealed class ChatTemplateTests
{
    private static IEnumerable<TestCaseData> Golden() =>
        JArray.Parse(File.ReadAllText(Path.Combine(TestPaths.DemoModel, "golden.json"))).Where(item => item["messages"] != null)
            .Select((item, index) => new TestCaseData(item).SetArgDisplayNames($"golden {index}"));

    [TestCaseSource(nameof(Golden))]
    public void Render_GoldenMessages_GivesTheReferencePromptAndIds(JToken golden)
    {
        var variables = new JObject { ["messages"] = golden["messages"]!.DeepClone(), ["add_generation_prompt"] = true };
        if (golden["tools"] is { } tools)
            variables["tools"] = tools.DeepClone();
        var prompt = ChatTemplate.Load(TestPaths.DemoModel)!.Render(variables);
        Assert.That(prompt, Is.EqualTo((string)golden["prompt"]!));
        Assert.That(TextTokenizer.Load(TestPaths.DemoModel).Encode(prompt, addSpecialTokens: false), Is.EqualTo(golden["prompt_ids"]!.Values<int>()));
    }

    // What Jinja2 3.1 gives with Hugging Face's settings.
    [TestCase("{{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }}", "3 -4 2 3.5 1024 0.5")]
    [TestCase("{{ 2 * 3 ~ 4 }}|{{ 'a' ~ 1 ~ none ~ true }}", "64|a1NoneTrue")]
    [TestCase("{{ not 1 == 2 and 3 > 2 or false }} {{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }}", "True True False")]
    [TestCase("{{ '' or 'x' }} {{ 0 and 1 }} {{ [] or {} }} {{ 'yes' if '' else 'no' }}", "x 0 {} no")]
    [TestCase("{{ [1, 'a', 2.0, none, true, (1,), {'k': \"it's\"}] }}", "[1, 'a', 2.0, None, True, (1,), {'k': \"it's\"}]")]
    [TestCase("{{ 1e16 }} {{ 1e15 }} {{ 0.0001 }} {{ 0.00001 }} {{ 1.5e300 }} {{ 100.0 }}", "1e+16 1000000000000000.0 0.0001 1e-05 1.5e+300 100.0")]
    [TestCase("{{ 'abcdef'[1:4] }} {{ 'abcdef'[::-1] }} {{ [1,2,3,4][-2:] }} {{ 'abc'[-1] }} {{ 'a🎉b'[1] }} {{ 'a🎉b'|length }}", "bcd fedcba [3, 4] c 🎉 3")]
    [TestCase("{% for a, b in {'x': 1, 'y': 2}.items() %}{{ loop.index }}{{ a }}{{ b }}{{ ',' if not loop.last }}{% endfor %}", "1x1,2y2")]
    [TestCase("{% for i in range(6) if i % 2 %}{{ i }}{% else %}none{% endfor %}{% for i in [] %}x{% else %}none{% endfor %}", "135none")]
    [TestCase("{% for i in range(9) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif %}{{ i }}{% endfor %}", "013")]
    [TestCase("{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{{ x }}{% endfor %}{{ x }}{% if true %}{% set x = 3 %}{% endif %}{{ x }}", "213")]
    [TestCase("{% set ns = namespace(n=0) %}{% for i in range(4) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}", "6")]
    [TestCase("{% macro m(a, b='B') %}{{ a }}{{ b }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1) }}{{ m(1, 2, 3, z=4) }}", "1B(){}12(3,){'z': 4}")]
    [TestCase("{% macro m(x) %}<{{ caller(x + 1) }}>{% endmacro %}{% call(y) m(1) %}{{ y }}{% endcall %}", "<2>")]
    [TestCase("{% for n in [{'v': 1, 'c': [{'v': 2, 'c': []}]}] recursive %}{{ n.v }}{{ loop.depth }}({{ loop(n.c) }}){% endfor %}", "11(22())")]
    [TestCase("{% set t %}a{{ 1 }}{% endset %}{{ t | upper }}{% filter trim | upper %}  b {% endfilter %}{% with q = 5 %}{{ q }}{% endwith %}{{ q is defined }}", "A1B5False")]
    [TestCase("{% raw %}{{ x }}{% endraw %}{# {{ gone }} #}{{ '{{' }}", "{{ x }}{{")]
    [TestCase("a  \n  {%- if true %}  b  {%- endif -%}  \n c", "a  bc")]
    [TestCase("a\n    {% if true %}\nb\n    {% endif %}\nc\n", "a\nb\nc")]
    [TestCase("  {%+ if true %}x{% endif +%}\ny", "  x\ny")]
    [TestCase("{{ {'b': [1, 2.5, none, true, 'é<&\"\\n']} | tojson }}", "{\"b\": [1, 2.5, null, true, \"é<&\\\"\\n\"]}")]
    [TestCase("{{ {'a': [1, {}], 'b': []} | tojson(indent=2) }}", "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}")]
    [TestCase("{{ {'b': 1, 'a': 2} | tojson(separators=(',', ':'), sort_keys=true) }}", "{\"a\":2,\"b\":1}")]
    [TestCase("{{ [3,1,2]|sort|join(',') }} {{ ['b','A']|sort|first }} {{ [1,2,2]|unique|list }} {{ [1,2,3]|sum }} {{ [1,5,3]|max }}", "1,2,3 A [1, 2] 6 5")]
    [TestCase("{{ [{'r': 'u'}, {'r': 'a'}]|selectattr('r', 'equalto', 'a')|map(attribute='r')|list }} {{ [1,2,3]|reject('odd')|list }}", "['a'] [2]")]
    [TestCase("{{ 'a,b,,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a b c'.split(' ', 1) }} {{ 'x=1=2'.rsplit('=', 1) }} {{ 'a b c '.rsplit(none, 1) }}", "['a', 'b', '', 'c'] ['a', 'b'] ['a', 'b c'] ['x=1', '2'] ['a b', 'c']")]
    [TestCase("{{ ' x '.strip() }}{{ 'xxa'.lstrip('x') }}{{ 'hello world'.title() }}{{ 'abc'.replace('b', '') }}{{ 'aXbX'.replace('X', '-', 1) }}", "xaHello Worldaca-bX")]
    [TestCase("{{ '%s has %03d and %.2f%%' % ('a', 7, 1.5) }} {{ '{0} {1} {k:>4}'.format(1, 2, k='z') }}", "a has 007 and 1.50% 1 2    z")]
    [TestCase("{{ x is defined }} {{ x|default('d') }} {{ x }}{{ ''|default('e', true) }} {{ none is none }} {{ 'a' is string }} {{ {} is mapping }} {{ 1 is number }}", "False d e True True True True")]
    [TestCase("{{ 'b' in 'abc' }} {{ 2 not in [1] }} {{ 'k' in {'k': 1} }} {{ {'items': 5}['items'] }} {{ {'a': 1}.a }} {{ {}.x is defined }}", "True True True 5 1 False")]
    [TestCase("{{ 'x' \"y\" }} {{ 'tab\\t\\u00e9\\x41' }} {{ 1_000 }} {{ 0x1F }}", "xy tab\té\u0041 1000 31")]
    [TestCase("{{ ('<a>'|safe) + '<b>' }} {{ '<a>'|e }} {{ ('<a>'|safe) ~ '<b>' }}", "<a>&lt;b&gt; &lt;a&gt; <a><b>")]
    [TestCase("{{ 'line\nnext'|indent(2) }} {{ 'abc'|capitalize }} {{ 'a b'|replace(' ', '_') }} {{ '3'|int + 1 }} {{ 'x'|int(9) }} {{ 2.5|round }} {{ 7|string|length }}", "line\n  next Abc a_b 4 9 2.0 1")]
    [TestCase("{% generation %}g{% endgeneration %}{% block b %}k{% endblock %}", "gk")]
    [TestCase("{{ range(3)|list }}{{ range(5, 0, -2)|list }}{{ dict(a=1) }}{% set j = joiner('-') %}{{ j() }}{{ j() }}", "[0, 1, 2][5, 3, 1]{'a': 1}-")]
    [TestCase("{% set a, b = 1, [2, 3] %}{% set c, (d, e) = a, b %}{{ c }}{{ d }}{{ e }}", "123")]
    [TestCase("{{ 12345678901234567890123 * 10 }}", "123456789012345678901230")]
    public void Render_Language_AsJinja(string template, string expected) =>
        Assert.That(ChatTemplate.Parse(template).Render([]), Is.EqualTo(expected));

    [TestCase("{{ raise_exception('Only user, please') }}", "Only user, please")]
    [TestCase("{{ nothing.at.all }}", "'nothing' is undefined")]
    [TestCase("{{ {}.x.y }}", "'dict object' has no attribute 'x'")]
    [TestCase("{{ [][0].y }}", "list object has no element 0")]
    [TestCase("{{ 'a' + 1 }}", "can only concatenate str (not \"int\") to str")]
    [TestCase("{{ 1 + 'a' }}", "unsupported operand type(s) for +: 'int' and 'str'")]
    [TestCase("{{ 1 // 0 }}", "integer division or modulo by zero")]
    [TestCase("{{ 1 < 'a' }}", "'<' not supported between instances of 'int' and 'str'")]
    [TestCase("{{ [1].append(2) }}", "access to attribute 'append' of 'list' object is unsafe.")]
    [TestCase("{{ 1 | nofilter }}", "No filter named 'nofilter'.")]
    [TestCase("{{ ''.__class__.__mro__ }}", "'str object' has no attribute '__class__'")]
    [TestCase("{{ messages | tojson }}", "Object of type Undefined is not JSON serializable")]
    public void Render_Mistake_SaysWhatJinjaSays(string template, string message) =>
        Assert.That(() => ChatTemplate.Parse(template).Render([]), Throws.TypeOf<ChatTemplateException>().With.Message.EqualTo(message));

    [TestCase("a\n{% if x %}", "line 2, column 11")]
    [TestCase("{{ 1 +\n }}", "line 2, column 2")]
    [TestCase("{% for x y %}", "line 1, column 10")]
    [TestCase("\n\n  {% endfor %}", "line 3, column 3")]
    [TestCase("{{ 'open }}", "line 1, column 4")]
    [TestCase("{{ a ? b }}", "line 1, column 6")]
    [TestCase("{{ (1] }}", "line 1, column 6")]
    [TestCase("{% include 'x' %}", "line 1, column 4")]
    [TestCase("{% break %}", "line 1, column 4")]
    [TestCase("{# never closed", "line 1, column 1")]
    public void Parse_Mistake_NamesLineAndColumn(string template, string place) =>
        Assert.That(() => ChatTemplate.Parse(template), Throws.TypeOf<ChatTemplateException>().With.Message.Contains(place));

    [Test]
    public void Render_StrftimeNow_ReadsTheClock()
    {
        var text = ChatTemplate.Parse("{{ strftime_now('%d %b %Y %-d %A %H:%M:%S %j') }}").Render([], new Noon());
        Assert.That(text, Is.EqualTo("05 Mar 2026 5 Thursday 12:00:00 064"));
    }

    [Test]
    public void Load_OverrideFile_WinsOverTheModels()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "mine");
            Assert.That(ChatTemplate.Load(TestPaths.DemoModel, file)!.Render([]), Is.EqualTo("mine"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private sealed class Noon : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2026, 3, 5, 12, 0, 0, TimeSpan.Zero);
    }
}
