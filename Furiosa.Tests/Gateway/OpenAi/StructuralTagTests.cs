using Furiosa.Actors.Protocol;
using Furiosa.Gateway.Grammar;
using Furiosa.Gateway.OpenAi;
using Furiosa.Tests.Gateway.Grammar;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary>What each kind of structural tag takes.</summary>
[TestFixture]
public sealed class StructuralTagTests
{
    private const string Tags = """
        "triggers":["<f"],"tags":[{"begin":"<f=a>","content":{"type":"json_schema","json_schema":{"type":"integer"}},"end":"</f>"},
         {"begin":"<f=b>","content":{"type":"any_text"},"end":["</f>","<end>"]}]
        """;

    [TestCase("{\"format\":{\"type\":\"triggered_tags\",#}}", "|no < tag|a<f=a>1</f>b<f=b>x<y</f>|<f=b>q<end>", "<f|<f=c>|<f=a>x</f>|<f=a>1")]
    [TestCase("{\"format\":{\"type\":\"triggered_tags\",\"at_least_one\":true,#}}", "a<f=a>1</f>b", "|no < tag")]
    [TestCase("{\"format\":{\"type\":\"triggered_tags\",\"stop_after_first\":true,#}}", "no|a<f=a>1</f>", "a<f=a>1</f>b")]
    [TestCase("{\"format\":{\"type\":\"tags_with_separator\",\"separator\":\", \",#}}", "|<f=a>1</f>|<f=a>1</f>, <f=b></f>", "x|<f=a>1</f>,")]
    [TestCase("{\"format\":{\"type\":\"sequence\",\"elements\":[{\"type\":\"const_string\",\"value\":\"x=\"},{\"type\":\"or\",\"elements\":[{\"type\":\"regex\",\"pattern\":\"[0-9]{2}\"},{\"type\":\"grammar\",\"grammar\":\"root ::= \\\"q\\\"\"}]}]}}", "x=12|x=q", "x=|x=1|12")]
    [TestCase("{\"structures\":[{\"begin\":\"<t>\",\"schema\":{\"type\":\"boolean\"},\"end\":\"</t>\"}],\"triggers\":[\"<\"]}", "free|a<t>true</t>b<t>false</t>", "<|<t>1</t>|a < b")]
    public void Read_Kind_TakesItsTexts(string tag, string taken, string refused)
    {
        var grammar = Compile(tag.Replace("#", Tags, StringComparison.Ordinal));

        Assert.Multiple(() =>
        {
            foreach (var text in taken.Split('|'))
                Assert.That(GrammarProbe.Accepts(grammar, text), Is.True, text);
            foreach (var text in refused.Split('|'))
                Assert.That(GrammarProbe.Accepts(grammar, text), Is.False, text);
        });
    }

    [TestCase("{}", "tag.structures")]
    [TestCase("{\"format\":{\"type\":\"mystery\"}}", "tag.format.type")]
    [TestCase("{\"format\":{\"type\":\"sequence\",\"elements\":[1]}}", "tag.format.elements[0]")]
    [TestCase("{\"structures\":[{\"begin\":\"<t>\",\"schema\":{},\"end\":\"</t>\"}],\"triggers\":[\"x\"]}", "tag.triggers")]
    public void Read_WhatIsNone_IsRefusedByItsPath(string tag, string path)
    {
        Assert.That(() => Compile(tag), Throws.TypeOf<ApiException>().With.Property("Error").Property("Param").EqualTo(path));
    }

    [TestCase("{\"structures\":#,\"triggers\":[\"<\",\"x\",\"<\"]}", 1, "tag.triggers", "2 times")]
    [TestCase("{\"structures\":#,\"triggers\":%}", 100, "tag.triggers", "20000 pairs")]
    [TestCase("{\"format\":{\"type\":\"triggered_tags\",\"tags\":#,\"triggers\":%}}", 100, "tag.format.triggers", "20000 pairs")]
    [TestCase("{\"structures\":#,\"triggers\":[\"<\"]}", 2_001, "tag.structures[2000].begin", "2000 parts")]
    [TestCase("{\"format\":{\"type\":\"triggered_tags\",\"tags\":#,\"triggers\":[\"<\"]}}", 2_001, "tag.format.tags[1999].begin", "2000 parts")]
    [TestCase("{\"format\":{\"type\":\"tags_with_separator\",\"separator\":\",\",\"tags\":#}}", 2_001, "tag.format.tags[1999].begin", "2000 parts")]
    [TestCase("{\"format\":{\"type\":\"any_text\",\"excludes\":%%}}", 1, "tag.format.excludes", "500")]
    [TestCase("{\"format\":{\"type\":\"const_string\",\"value\":\"@\"}}", 1, "tag.format.value", "524288")]
    [TestCase("{\"format\":{\"type\":\"any_text\",\"excludes\":[\"@\"]}}", 1, "tag.format.excludes[0]", "524288")]
    public void Read_TooMuch_IsRefusedByItsPath(string tag, int tags, string path, string limit)
    {
        var triggers = string.Join(',', Enumerable.Range(0, 250).Select(i => $"\"<{i}\"").Prepend("\"<t\""));
        var more = string.Join(',', Enumerable.Range(0, 501).Select(i => $"\"<{i}\""));
        tag = tag.Replace("#", $"[{string.Join(',', Enumerable.Range(0, tags).Select(i => $$"""{"begin":"<t{{i}}>","schema":true,"content":{"type":"any_text"},"end":"</t>"}"""))}]", StringComparison.Ordinal)
            .Replace("%%", $"[{more}]", StringComparison.Ordinal).Replace("%", $"[{triggers}]", StringComparison.Ordinal).Replace("@", new string('a', 600_000), StringComparison.Ordinal);

        Assert.That(
            () => StructuralTagReader.Read(StructuralTagReader.Parse(tag, "tag"), new GrammarCompiler()),
            Throws.TypeOf<ApiException>().With.Message.Contains(limit).And.Property("Error").Property("Param").EqualTo(path));
    }

    [TestCase("{} // so it is", true)]
    [TestCase("{}{}", false)]
    [TestCase("{} x", false)]
    public void Parse_TextBehindTheTag_IsRefused(string text, bool isTaken)
    {
        Assert.That(() => StructuralTagReader.Parse(text, "tag"), isTaken ? Throws.Nothing : Throws.TypeOf<ApiException>().With.Property("Error").Property("Param").EqualTo("tag"));
    }

    [Test]
    public void Compile_LongText_IsRefused()
    {
        Assert.That(() => Compile("{\"note\":\"" + new string('a', 600_000) + "\"}"), Throws.TypeOf<GrammarException>().With.Message.Contains("524288"));
    }

    [Test]
    public void Compile_ManyCostlyParts_IsRefused()
    {
        var parts = string.Join(',', Enumerable.Range(0, 400).Select(i => $$"""{"type":"regex","pattern":"[a-z]{19000}{{i}}"}"""));

        Assert.That(() => Compile($$"""{"format":{"type":"or","elements":[{{parts}}] } }"""), Throws.TypeOf<GrammarException>().With.Message.Contains("too large"));
    }

    private static GenerationGrammar Compile(string tag)
    {
        var compiler = new GrammarCompiler();
        return compiler.FromExpression(tag, () => StructuralTagReader.Read(StructuralTagReader.Parse(tag, "tag"), compiler));
    }
}
