namespace Furiosa.Gateway.Text.Tokenizers.Decoding;

/// <summary>Bounds what a file's decoder makes of tokens: a few replacements in a row could fill any memory.</summary>
internal static class DecodedLength
{
    /// <summary>The most characters that tokens of so many may become.</summary>
    public static long Most(long characters) => 65_536 + (16 * characters);

    /// <summary>Refuses what is too long.</summary>
    /// <exception cref="ModelTextException">It is.</exception>
    public static void Check(long characters, long most)
    {
        if (characters > most)
            throw new ModelTextException($"the tokenizer's decoder makes a text of more than {most} characters.");
    }
}
