using System.Text;
using Furiosa.Gateway.Text;

namespace Furiosa.Gateway.Grammar;

/// <summary>The vocabulary as grammars see it.</summary>
internal static class TokenVocabulary
{
    /// <summary>
    /// Begins what a special token stands for: a byte that no UTF-8 text has, so that a special token stands only where a grammar asks
    /// for it by this mark and its text, and no text spells one.
    /// </summary>
    public const byte SpecialMark = 0xFF;

    /// <summary>What each token id stands for; empty for ids without a token and for tokens whose bytes are in no text.</summary>
    public static IReadOnlyList<byte[]> Bytes(ITextTokenizer tokenizer) => [.. Enumerable.Range(0, tokenizer.VocabularySize).Select(id => Bytes(tokenizer, id))];

    private static byte[] Bytes(ITextTokenizer tokenizer, int id)
    {
        if (tokenizer.IsSpecial(id))
            return [SpecialMark, .. Encoding.UTF8.GetBytes(tokenizer.TokenText(id))];
        var bytes = tokenizer.TokenBytes(id).ToArray();
        return bytes.Contains(SpecialMark) ? [] : bytes;
    }
}
