using System.Text;
using Furiosa.Actors.Grammar;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Grammar;
using Furiosa.Gateway.Grammar;
using Furiosa.Gateway.Text.Tokenizers;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Gateway.Grammar;

/// <summary>Asks a compiled grammar what it takes.</summary>
internal static class GrammarProbe
{
    private static readonly TokenMaskMaker ByByte = new(new VocabularyTrie([.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value })]));

    private static readonly Lazy<TokenMaskMaker> Demo = new(() => new TokenMaskMaker(Vocabulary(TextTokenizer.Load(TestPaths.DemoModel))));

    /// <summary>Masks over the bundled model's vocabulary.</summary>
    public static TokenMaskMaker DemoMasks => Demo.Value;

    public static VocabularyTrie Vocabulary(TextTokenizer tokenizer) =>
        new(TokenVocabulary.Bytes(tokenizer));

    /// <summary>Whether the text is a whole text of the grammar.</summary>
    public static bool Accepts(GenerationGrammar grammar, string text) => After(grammar, text).CanEnd;

    /// <summary>Whether the text begins a text of the grammar.</summary>
    public static bool Begins(GenerationGrammar grammar, string text) => !After(grammar, text).IsDead;

    private static GrammarState After(GenerationGrammar grammar, string text)
    {
        var state = ByByte.Begin(grammar.ToDevice());
        state.Rebuild([.. Encoding.UTF8.GetBytes(text).Select(value => (int)value)]);
        return state;
    }
}
