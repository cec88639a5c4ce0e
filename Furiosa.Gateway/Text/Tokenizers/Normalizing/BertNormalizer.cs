using System.Globalization;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace Furiosa.Gateway.Text.Tokenizers.Normalizing;

/// <summary>BERT's cleaning: control characters out, Chinese characters apart, accents off, small letters.</summary>
internal sealed class BertNormalizer(bool clean, bool separateChinese, bool? stripAccents, bool lower) : Normalizer
{
    private static readonly UnicodeNormalizer Decomposed = new(compatible: false, compose: false);

    /// <inheritdoc/>
    public override string Normalize(ReadOnlySpan<char> original) => Normalize(original.ToString());

    /// <inheritdoc/>
    public override string Normalize(string original)
    {
        var text = clean ? Clean(original) : original;
        text = separateChinese ? SeparateChinese(text) : text;
        if (stripAccents ?? lower)
            text = NormalizerReader.Without(Decomposed.Normalize(text), UnicodeCategory.NonSpacingMark);
        return lower ? Lower(text) : text;
    }

    /// <summary>Small letters; the dotted capital I is the only one that becomes two characters.</summary>
    public static string Lower(string text) => text.Replace("\u0130", "i\u0307", StringComparison.Ordinal).ToLowerInvariant();

    private static string Clean(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is '\t' or '\n' or '\r' || Rune.IsWhiteSpace(rune))
                result.Append(' ');
            else if (rune.Value is not (0 or 0xFFFD) && !IsControl(rune))
                result.Append(rune.ToString());
        }

        return result.ToString();
    }

    private static bool IsControl(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse;

    private static string SeparateChinese(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsChinese(rune.Value))
                result.Append(' ').Append(rune.ToString()).Append(' ');
            else
                result.Append(rune.ToString());
        }

        return result.ToString();
    }

    private static bool IsChinese(int value) => value is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
