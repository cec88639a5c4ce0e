using Furiosa.Gateway.Text;

namespace Furiosa.Gateway.Grammar;

/// <summary>The vocabulary as grammars see it.</summary>
internal static class TokenVocabulary
{
    /// <summary>What each token id stands for in a text; empty for special tokens, which are no text.</summary>
    public static IReadOnlyList<byte[]> Bytes(ITextTokenizer tokenizer) =>
        [.. Enumerable.Range(0, tokenizer.VocabularySize).Select(id => tokenizer.IsSpecial(id) ? [] : tokenizer.TokenBytes(id).ToArray())];
}
