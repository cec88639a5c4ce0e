namespace Furiosa.Gateway.Text.Tokenizers.Normalizing;

/// <summary>Bounds what a file's normalizers make of a text: a few replacements in a row could fill any memory.</summary>
internal static class Growth
{
    private const long Most = 64 * 1024 * 1024;

    /// <summary>The text, if it is not too long.</summary>
    public static string Check(string text)
    {
        Check(text.Length);
        return text;
    }

    /// <exception cref="ModelTextException">A text of so many characters is too long.</exception>
    public static void Check(long length)
    {
        if (length > Most)
            throw new ModelTextException($"the tokenizer's normalizer makes a text of more than {Most} characters.");
    }
}
