using System.Text;
using Furiosa.Actors.Grammar;
using Furiosa.Gateway.Grammar;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Grammar;

/// <summary>Grammars made to cost much are refused or cost little. What is bounded is counted work, so no clock is asked.</summary>
[TestFixture]
public sealed class HostileGrammarTests
{
    private const int WalkTokens = 40;

    private readonly GrammarCompiler _compiler = new();

    [TestCase("(.{0,5000}){0,5000}x")]
    [TestCase("(a?){20000}(b?){20000}(c?){20000}")]
    [TestCase("[a-z]{20001}")]
    public void FromRegex_Exploding_IsRefused(string pattern)
    {
        Assert.That(() => _compiler.FromRegex(pattern), Throws.TypeOf<GrammarException>());
    }

    [TestCase("(((((a{99}){99}){99}){99}){99})")]
    [TestCase("(a|aa|aaa)*b")]
    [TestCase("(x+x+)+y")]
    [TestCase("[ab]*a[ab]{200}")]
    [TestCase("(.{0,50}){0,50}z")]
    public void FromRegex_Ambiguous_RunsInBoundedWork(string pattern)
    {
        Assert.That(Walk(_compiler.FromRegex(pattern)), Is.True);
    }

    [TestCase("[ab]*a[ab]{30}$")]
    [TestCase("^.*(a.{40}|b.{41}|c.{42})$")]
    public void FromJsonSchema_PatternOfExponentialAutomaton_IsRefused(string pattern)
    {
        var schema = new JObject { ["type"] = "string", ["pattern"] = pattern };

        Assert.That(() => _compiler.FromJsonSchema(schema), Throws.TypeOf<GrammarException>().With.Message.Contains("too large"));
    }

    [TestCase("root ::= w (root root)? | w root?\nw ::= . | [a-z ]{1,20}")]
    [TestCase("root ::= root root \"!\" | [a-z ]")]
    [TestCase("root ::= root root | \"a\"")]
    [TestCase("root ::= \"a\" x \"b\" | \"a\" y \"c\" | \"a\"\nx ::= root\ny ::= root")]
    [TestCase("root ::= \"a\" (root root)? | \"a\" root?")]
    [TestCase("root ::= (\"a\"* \"a\"*)* \"b\"")]
    [TestCase("root ::= s s s s s s s s\ns ::= \"\" | \"a\" s | s2 s\ns2 ::= \"b\" s2 s2 | \"b\"")]
    public void FromGrammar_Ambiguous_RunsInBoundedWork(string grammar)
    {
        Assert.That(Walk(_compiler.FromGrammar(grammar)), Is.True);
    }

    [Test]
    public void FromGrammar_RulesDoublingEachOther_Run()
    {
        var grammar = new StringBuilder("root ::= r0\n");
        for (var i = 0; i < 60; i++)
            grammar.Append($"r{i} ::= r{i + 1} r{i + 1} | r{i + 1}\n");
        grammar.Append("r60 ::= \"a\"");

        Assert.That(Walk(_compiler.FromGrammar(grammar.ToString())), Is.True);
    }

    /// <summary>A thousand callers of a rule that a hundred rules pass on to a thousand others: 10^8 readings where it begins.</summary>
    [Test]
    public void FromGrammar_CallersPassedOnManifold_RunsInBoundedWork()
    {
        var last = string.Join("|", Enumerable.Range(0, 1000).Select(i => $"b{i}"));
        var grammar = new StringBuilder($"root ::= ({string.Join("|", Enumerable.Range(0, 1023).Select(i => $"x \"{(char)('a' + i / 100)}{i % 100}\""))})*\n");
        grammar.Append($"x ::= {string.Join("|", Enumerable.Range(0, 60).Select(i => $"a{i}"))}\n");
        for (var i = 0; i < 60; i++)
            grammar.Append($"a{i} ::= {last}\n");
        for (var i = 0; i < 1000; i++)
            grammar.Append($"b{i} ::= \"y{i}\"\n");

        Assert.That(Walk(_compiler.FromGrammar(grammar.ToString())), Is.True);
    }

    [Test]
    public void FromGrammar_NestedDeeply_IsRefused()
    {
        Assert.That(() => _compiler.FromGrammar("root ::= " + new string('(', 100_000)), Throws.TypeOf<GrammarException>().With.Message.Contains("deeper"));
    }

    [Test]
    public void FromRegex_NestedDeeply_IsRefused()
    {
        Assert.That(() => _compiler.FromRegex(new string('(', 10_000)), Throws.TypeOf<GrammarException>().With.Message.Contains("deeper"));
    }

    [Test]
    public void FromGrammar_Huge_IsRefused()
    {
        Assert.That(() => _compiler.FromGrammar("root ::= \"" + new string('a', 600_000) + "\""), Throws.TypeOf<GrammarException>().With.Message.Contains("at most"));
    }

    [Test]
    public void FromJsonSchema_AnyOfsMultiplied_IsRefused()
    {
        var choice = new JObject { ["anyOf"] = new JArray(Enumerable.Range(0, 8).Select(i => new JObject { ["required"] = new JArray($"p{i}") })) };
        var schema = new JObject { ["allOf"] = new JArray(Enumerable.Range(0, 20).Select(i => ((JObject)choice.DeepClone()).With("title", $"{i}"))) };

        Assert.That(() => _compiler.FromJsonSchema(schema), Throws.TypeOf<GrammarException>().With.Message.Contains("too large"));
    }

    [TestCase("""{"$ref":"#"}""")]
    [TestCase("""{"anyOf":[{"$ref":"#"}]}""")]
    [TestCase("""{"allOf":[{"$ref":"#"},{"type":"integer"}]}""")]
    [TestCase("""{"anyOf":[{"$ref":"#"},{"type":"integer"}]}""")]
    [TestCase("""{"oneOf":[{"$ref":"#"},{"type":"integer"}]}""")]
    [TestCase("""{"items":{"$ref":"#"},"minItems":1}""")]
    [TestCase("""{"type":"string","maxLength":1000000000}""")]
    [TestCase("""{"type":"array","maxItems":1000000000}""")]
    [TestCase("""{"type":"string","minLength":1000000000}""")]
    [TestCase("""{"type":"number","minimum":1e308}""")]
    [TestCase("""{"type":"number","minimum":1e-300,"maximum":1e300}""")]
    [TestCase("""{"type":"integer","multipleOf":1e-300}""")]
    [TestCase("""{"type":"integer","multipleOf":99999}""")]
    [TestCase("""{"type":"string","pattern":"^(a{100}){100}$","maxLength":10000}""")]
    public void FromJsonSchema_Extreme_IsRefusedOrRuns(string schema)
    {
        try
        {
            Assert.That(Walk(_compiler.FromJsonSchema(schema)), Is.True);
        }
        catch (GrammarException refusal)
        {
            Assert.That(refusal.Message, Is.Not.Empty);
        }
    }

    [Test]
    public void FromJsonSchema_ManyOptionalMembers_Run()
    {
        var members = Enumerable.Range(0, 600).Select(i => new JProperty($"member{i}", new JObject { ["type"] = "integer" }));
        var schema = new JObject { ["type"] = "object", ["properties"] = new JObject(members), ["additionalProperties"] = false };

        Assert.That(Walk(_compiler.FromJsonSchema(schema)), Is.True);
    }

    private static bool Walk(Furiosa.Actors.Protocol.GenerationGrammar grammar)
    {
        var (text, ended, _) = GrammarWalk.Run(GrammarProbe.DemoMasks, grammar, new Random(1), WalkTokens);
        return !ended || GrammarProbe.DemoMasks.Begin(grammar.ToDevice()).CanEnd || text.Length > 0;
    }
}

/// <summary>Fluent JSON.</summary>
internal static class JsonObjectExtensions
{
    public static JObject With(this JObject target, string name, JToken value)
    {
        target[name] = value;
        return target;
    }
}
