using Furiosa.Gateway.Grammar;
using Furiosa.Gateway.Grammar.Automata;
using Furiosa.Gateway.OpenAi;
using Furiosa.Gateway.Tools.Forced;
using Furiosa.Gateway.Tools.Reasoning;
using Furiosa.Gateway.Tools.Requests;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Tools;

/// <summary>What the functions of one request may cost together is bounded, and does not depend on the requests before it.</summary>
[TestFixture]
public sealed class HostileToolsTests
{
    // Costs two thirds of what one grammar may.
    private const string Costly = "[ab]*a[ab]{12}$";

    [Test]
    public void Make_ManyCostlyFunctions_AreRefusedTogether()
    {
        var tools = Required(Enumerable.Range(0, 60).Select(i => new JProperty("a", CostlySchema(i))));

        Assert.That(
            () => Make(tools, "hermes"),
            Throws.TypeOf<ApiException>().With.Message.Contains("too large together").And.Property("Error").Property("Param").Match("^tools\\[[0-9]+\\]\\.function\\.parameters$"));
    }

    [TestCase("hermes")]
    [TestCase("pythonic")]
    public void Make_ManyOrdinaryFunctions_AreFollowed(string parser)
    {
        var tools = Required(Enumerable.Range(0, 128).Select(i => new JProperty("when", new JObject { ["enum"] = new JArray("now", $"in {i} days") })));

        Assert.That(Make(tools, parser), Is.Not.Null);
    }

    [Test]
    public void Of_CostlyArgumentsOneByOne_AreRefusedTogether()
    {
        var parameters = new JObject { ["properties"] = new JObject(Enumerable.Range(0, 4).Select(i => new JProperty($"p{i}", CostlySchema(i)))) };

        Assert.That(() => NamedArguments.Of(parameters, new GrammarCompiler(), new GrammarBudget(2)), Throws.TypeOf<GrammarException>().With.Message.Contains("too large together"));
        Assert.That(NamedArguments.Of(parameters, new GrammarCompiler(), new GrammarBudget(8)).All, Has.Count.EqualTo(4));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void FromJsonSchema_OfOneBudget_CostsWhatItWouldIfNoneWereReady(bool areReady)
    {
        var compiler = new GrammarCompiler();
        for (var i = 0; areReady && i < 4; i++) compiler.FromJsonSchema(CostlySchema(i));
        var budget = new GrammarBudget(2);
        for (var i = 0; i < 3; i++) compiler.FromJsonSchema(CostlySchema(i), budget: budget);

        Assert.That(() => compiler.FromJsonSchema(CostlySchema(3), budget: budget), Throws.TypeOf<GrammarException>().With.Message.Contains("too large together"));
    }

    [Test]
    public void FromJsonSchema_OneSchemaAgainAndAgain_IsPaidOnce()
    {
        var (compiler, budget) = (new GrammarCompiler(), new GrammarBudget());

        Assert.That(() => Enumerable.Range(0, 10).Select(_ => compiler.FromJsonSchema(CostlySchema(0), budget: budget)).ToList(), Throws.Nothing);
    }

    [Test]
    public void FromJsonSchema_SharingALargeBudget_MayCostNoMoreThanAlone()
    {
        var schema = new JObject { ["type"] = "string", ["pattern"] = "[ab]*a[ab]{14}$" };

        Assert.That(() => new GrammarCompiler().FromJsonSchema(schema, budget: new GrammarBudget(32)), Throws.TypeOf<GrammarException>().With.Message.Contains("The grammar is too large"));
    }

    private static JObject CostlySchema(int number) => new() { ["type"] = "string", ["pattern"] = Costly, ["title"] = $"{number}" };

    private static ToolsRequest Required(IEnumerable<JProperty> arguments) => ToolsRequestReader.Read(new JObject
    {
        ["tool_choice"] = "required",
        ["tools"] = new JArray(arguments.Select((argument, i) => new JObject
        {
            ["type"] = "function",
            ["function"] = new JObject { ["name"] = $"f{i}", ["parameters"] = new JObject { ["type"] = "object", ["properties"] = new JObject(argument) } },
        })),
    });

    private static Furiosa.Actors.Protocol.GenerationGrammar? Make(ToolsRequest tools, string parser) =>
        AnswerGrammar.Make(tools, null, CallForm.For(parser), null, ReasoningStart.None, new GrammarCompiler());
}
