using System.Text;

namespace Furiosa.Gateway.Text.Tokenizers.Normalizing;

/// <summary>The cleaning that early SentencePiece models for translation used: control characters go, unusual spaces become spaces.</summary>
internal static class NmtNormalizer
{
    public static string Normalize(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            if (!IsRemoved(character))
                result.Append(IsSpace(character) ? ' ' : character);
        }

        return result.ToString();
    }

    private static bool IsRemoved(char value) => value is (>= '\u0001' and <= '\u0008') or '\u000B' or (>= '\u000E' and <= '\u001F') or '\u007F' or '\u008F' or '\u009F';

    private static bool IsSpace(char value) =>
        value is '\t' or '\n' or '\f' or '\r' or '\u1680' or (>= '\u200B' and <= '\u200F') or '\u2028' or '\u2029' or '\u2581' or '\uFEFF' or '\uFFFD';
}
