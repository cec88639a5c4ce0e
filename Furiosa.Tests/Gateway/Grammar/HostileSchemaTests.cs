using Furiosa.Gateway.Grammar;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Grammar;

/// <summary>Schemas whose values would be compared for hours, or whose choices multiply, are decided or refused after counted work.</summary>
[TestFixture]
public sealed class HostileSchemaTests
{
    private readonly GrammarCompiler _compiler = new();

    [Test]
    [MaxTime(60_000)]
    public void FromJsonSchema_LongListAmongValues_IsComparedOnce()
    {
        var list = new JArray(Enumerable.Range(0, 20_000));

        var grammar = _compiler.FromJsonSchema(new JObject { ["uniqueItems"] = true, ["enum"] = new JArray(list, new JArray(1, 2)) });

        Assert.That(GrammarProbe.Accepts(grammar, "[1,2]"));
        Assert.That(GrammarProbe.Begins(grammar, "[0,1,2,3,"));
    }

    [TestCase("[1,1.0]")]
    [TestCase("[1e2,100]")]
    [TestCase("[0,-0.0]")]
    [TestCase("[2.5,2.50]")]
    [TestCase("[{\"a\":1,\"b\":[2]},{\"b\":[2.0],\"a\":1.0}]")]
    [TestCase("[\"a\",\"a\"]")]
    [TestCase("[null,null]")]
    public void FromJsonSchema_ListWithEqualItems_IsNotUnique(string list)
    {
        var grammar = _compiler.FromJsonSchema($$"""{"uniqueItems":true,"enum":[{{list}},[1,"1",true,null,[1],{"a":1},{"a":2},1.5,"true",{},[]]]}""");

        Assert.That(GrammarProbe.Begins(grammar, list), Is.False);
        Assert.That(GrammarProbe.Accepts(grammar, "[1,\"1\",true,null,[1],{\"a\":1},{\"a\":2},1.5,\"true\",{},[]]"));
    }

    [Test]
    [MaxTime(60_000)]
    public void FromJsonSchema_ManyValuesAmongManyOthers_AreThoseOfBoth()
    {
        var (one, other) = (new JArray(Enumerable.Range(0, 20_000)), new JArray(Enumerable.Range(10_000, 20_000).Select(value => (double)value)));
        var without = new JArray(Enumerable.Range(10_001, 19_990));

        var grammar = _compiler.FromJsonSchema(new JObject
        {
            ["allOf"] = new JArray(new JObject { ["enum"] = one }, new JObject { ["enum"] = other }, new JObject { ["not"] = new JObject { ["enum"] = without } }),
        });

        Assert.That(GrammarProbe.Accepts(grammar, "10000"));
        Assert.That(GrammarProbe.Accepts(grammar, "9999") || GrammarProbe.Accepts(grammar, "10001"), Is.False);
    }

    [Test]
    [MaxTime(60_000)]
    public void FromJsonSchema_ManyValuesBesideBranchesThatOverlapNot_AreTriedInBoundedWork()
    {
        var branches = new JArray(Enumerable.Range(0, 60).Select(i => new JObject
        {
            ["required"] = new JArray("kind"), ["properties"] = new JObject { ["kind"] = new JObject { ["const"] = $"k{i}" } },
        }));
        var values = new JArray(Enumerable.Range(0, 400).Select(i => new JObject { ["x"] = new JObject { ["kind"] = $"k{i}" } }));
        var schema = new JObject { ["properties"] = new JObject { ["x"] = new JObject { ["oneOf"] = branches } }, ["enum"] = values };

        var grammar = _compiler.FromJsonSchema(schema);

        Assert.That(GrammarProbe.Accepts(grammar, "{\"x\":{\"kind\":\"k59\"}}"));
        Assert.That(GrammarProbe.Accepts(grammar, "{\"x\":{\"kind\":\"k60\"}}"), Is.False);
    }

    [TestCase("""{"enum":["no"],"$ref":"#/$defs/d0"}""")]
    [TestCase("""{"type":"object","properties":{"a":{"$ref":"#/$defs/d0"}},"enum":[{"a":"no"}]}""")]
    [TestCase("""{"type":"array","items":{"$ref":"#/$defs/d0"},"enum":[["no"]]}""")]
    [TestCase("""{"type":"array","uniqueItems":true,"items":{"$ref":"#/$defs/d0"}}""")]
    public void FromJsonSchema_ChoicesWithinChoices_AreRefused(string text)
    {
        var schema = JObject.Parse(text);
        var definitions = new JObject();
        for (var i = 0; i < 30; i++)
            definitions[$"d{i}"] = new JObject { ["anyOf"] = new JArray(Enumerable.Range(0, 12).Select(n => new JObject { ["title"] = $"{n}", ["$ref"] = $"#/$defs/d{i + 1}" })) };
        definitions["d30"] = new JObject { ["const"] = "yes" };
        schema["$defs"] = definitions;

        Assert.That(() => _compiler.FromJsonSchema(schema), Throws.TypeOf<GrammarException>());
    }

    [Test]
    public void FromJsonSchema_BranchWhoseValueLeadsBackToItsChoice_IsRefused()
    {
        Assert.That(
            () => _compiler.FromJsonSchema("""{"oneOf":[{"const":{"a":1},"properties":{"a":{"$ref":"#"}}},{"type":"object","required":["a"]}]}"""),
            Throws.TypeOf<GrammarException>().With.Message.Contains("leads back"));
    }

    [Test]
    public void FromJsonSchema_LongPrefixNegated_IsRefused()
    {
        var prefix = new JArray(Enumerable.Range(0, 20_000).Select(_ => new JObject { ["type"] = "null" }));

        Assert.That(
            () => _compiler.FromJsonSchema(new JObject { ["not"] = new JObject { ["prefixItems"] = prefix } }),
            Throws.TypeOf<GrammarException>().With.Message.Contains("too large"));
    }
}
