namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>White space as Python's str sees it: .NET's, and the four separators of ASCII.</summary>
internal static class PythonSpace
{
    /// <summary>Whether a character is white space.</summary>
    public static bool Is(char character) => char.IsWhiteSpace(character) || character is >= '\u001C' and <= '\u001F';

    /// <summary>A text without white space at its ends.</summary>
    public static string Trim(string text, bool left = true, bool right = true)
    {
        var (from, to) = (0, text.Length);
        while (left && from < to && Is(text[from]))
            from++;
        while (right && to > from && Is(text[to - 1]))
            to--;
        return text[from..to];
    }
}
