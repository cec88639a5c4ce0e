using System.Collections;
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

    private const long MostBytes = 256L << 20;

    /// <summary>The most bytes that one token stands for.</summary>
    /// <exception cref="ModelTextException">All together stand for more than may be kept side by side: a file's decoder can make much of a short token.</exception>
    public static int MeasureLongest(ITextTokenizer tokenizer)
    {
        var longest = 1;
        var all = 0L;
        for (var id = 0; id < tokenizer.VocabularySize; id++)
        {
            var length = tokenizer.TokenBytes(id).Length;
            longest = Math.Max(longest, length);
            all += length;
            if (all > MostBytes) throw new ModelTextException($"the tokenizer's tokens stand for more than the {MostBytes >> 20} MiB of text allowed.");
        }

        return longest;
    }

    /// <summary>What each token id stands for, worked out when it is asked for; empty for ids without a token and for tokens whose bytes are in no text.</summary>
    public static IReadOnlyList<byte[]> Bytes(ITextTokenizer tokenizer) => new Tokens(tokenizer);

    private static byte[] Bytes(ITextTokenizer tokenizer, int id)
    {
        if (tokenizer.IsSpecial(id))
            return [SpecialMark, .. Encoding.UTF8.GetBytes(tokenizer.TokenText(id))];
        var bytes = tokenizer.TokenBytes(id).ToArray();
        return bytes.Contains(SpecialMark) ? [] : bytes;
    }

    private sealed class Tokens(ITextTokenizer tokenizer) : IReadOnlyList<byte[]>
    {
        public int Count => tokenizer.VocabularySize;

        public byte[] this[int id] => Bytes(tokenizer, id);

        public IEnumerator<byte[]> GetEnumerator() => Enumerable.Range(0, Count).Select(id => this[id]).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
