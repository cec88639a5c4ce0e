using System.Text;
using Furiosa.Gateway.Text;

namespace Furiosa.Tests.Gateway.Text;

/// <summary>Templates that would run for ever, fill the memory or end the process are stopped with an error.</summary>
public sealed class ChatTemplateBoundsTests
{
    [TestCase("{% for a in range(99999) %}{% for b in range(99999) %}{{ a }}{% endfor %}{% endfor %}")]
    [TestCase("{% for a in range(1000000) %}{% endfor %}")]
    [TestCase("{{ 'x' * 1000000000 }}")]
    [TestCase("{{ [0] * 100000000 }}")]
    [TestCase("{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x }}")]
    [TestCase("{% set ns = namespace(x=[]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}")]
    [TestCase("{% set ns = namespace(x=[]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}")]
    [TestCase("{% set a = namespace(x=[]) %}{% set b = namespace(x=[]) %}{% for i in range(60) %}{% set a.x = [a.x, a.x] %}{% set b.x = [b.x, b.x] %}{% endfor %}{{ a.x == b.x }}")]
    [TestCase("{% set ns = namespace(x=[]) %}{% for i in range(999999) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}")]
    [TestCase("{% set ns = namespace() %}{% set ns.me = ns %}{{ ns }}")]
    [TestCase("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}")]
    [TestCase("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}")]
    [TestCase("{{ 9 ** 99999 }}")]
    [TestCase("{{ '%999999999d' % 1 }}")]
    [TestCase("{{ 'a'.ljust(2000000000) }}")]
    [TestCase("{{ 'a' | indent(99) | replace('', 'x' * 9000000) | replace('', 'y' * 9000000) }}")]
    public void Render_Unbounded_IsStopped(string template) =>
        Assert.That(() => ChatTemplate.Parse(template).Render([]), Throws.TypeOf<ChatTemplateException>());

    [TestCase("(", ")")]
    [TestCase("[", "]")]
    [TestCase("-", "")]
    [TestCase("1 + ", "")]
    [TestCase("a.", "")]
    [TestCase("1 if 1 else ", "")]
    [TestCase("a|", "")]
    public void Parse_DeepExpression_EndsWithAnError(string open, string close)
    {
        const int times = 100_000;
        var template = new StringBuilder("{{ ").Insert(3, open, times).Append('b').Insert(3 + (open.Length * times) + 1, close, close.Length == 0 ? 0 : times).Append(" }}").ToString();
        Assert.That(() => ChatTemplate.Parse(template).Render([]), Throws.TypeOf<ChatTemplateException>());
    }

    [TestCase("{% if x %}")]
    [TestCase("{% for a in b %}")]
    [TestCase("{% macro m() %}")]
    public void Parse_DeepTags_EndsWithAnError(string tag) =>
        Assert.That(() => ChatTemplate.Parse(new StringBuilder().Insert(0, tag, 10_000).ToString()), Throws.TypeOf<ChatTemplateException>().With.Message.Contains("deep"));
}
