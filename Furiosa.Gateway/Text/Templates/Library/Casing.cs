using System.Text;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>Upper, title and folded case as Python has them, where one character may become several (Unicode's special casing).</summary>
internal static class Casing
{
    // Each character, then what it becomes in upper case.
    private static readonly Dictionary<char, string> Several = (
        "\u00dfSS \u0149\u02bcN \u01f0J\u030c \u0390\u0399\u0308\u0301 \u03b0\u03a5\u0308\u0301 \u0587\u0535\u0552 \u1e96H\u0331 \u1e97T\u0308 \u1e98W\u030a \u1e99Y\u030a \u1e9aA\u02be \u1f50\u03a5\u0313 \u1f52\u03a5\u0313\u0300 \u1f54\u03a5\u0313\u0301 \u1f56\u03a5\u0313\u0342 \u1f80\u1f08\u0399 \u1f81\u1f09\u0399 \u1f82\u1f0a\u0399 \u1f83\u1f0b\u0399 \u1f84\u1f0c\u0399 \u1f85\u1f0d\u0399 " +
        "\u1f86\u1f0e\u0399 \u1f87\u1f0f\u0399 \u1f88\u1f08\u0399 \u1f89\u1f09\u0399 \u1f8a\u1f0a\u0399 \u1f8b\u1f0b\u0399 \u1f8c\u1f0c\u0399 \u1f8d\u1f0d\u0399 \u1f8e\u1f0e\u0399 \u1f8f\u1f0f\u0399 \u1f90\u1f28\u0399 \u1f91\u1f29\u0399 \u1f92\u1f2a\u0399 \u1f93\u1f2b\u0399 \u1f94\u1f2c\u0399 \u1f95\u1f2d\u0399 \u1f96\u1f2e\u0399 \u1f97\u1f2f\u0399 \u1f98\u1f28\u0399 \u1f99\u1f29\u0399 \u1f9a\u1f2a\u0399 \u1f9b\u1f2b\u0399 " +
        "\u1f9c\u1f2c\u0399 \u1f9d\u1f2d\u0399 \u1f9e\u1f2e\u0399 \u1f9f\u1f2f\u0399 \u1fa0\u1f68\u0399 \u1fa1\u1f69\u0399 \u1fa2\u1f6a\u0399 \u1fa3\u1f6b\u0399 \u1fa4\u1f6c\u0399 \u1fa5\u1f6d\u0399 \u1fa6\u1f6e\u0399 \u1fa7\u1f6f\u0399 \u1fa8\u1f68\u0399 \u1fa9\u1f69\u0399 \u1faa\u1f6a\u0399 \u1fab\u1f6b\u0399 \u1fac\u1f6c\u0399 \u1fad\u1f6d\u0399 \u1fae\u1f6e\u0399 \u1faf\u1f6f\u0399 \u1fb2\u1fba\u0399 \u1fb3\u0391\u0399 " +
        "\u1fb4\u0386\u0399 \u1fb6\u0391\u0342 \u1fb7\u0391\u0342\u0399 \u1fbc\u0391\u0399 \u1fc2\u1fca\u0399 \u1fc3\u0397\u0399 \u1fc4\u0389\u0399 \u1fc6\u0397\u0342 \u1fc7\u0397\u0342\u0399 \u1fcc\u0397\u0399 \u1fd2\u0399\u0308\u0300 \u1fd3\u0399\u0308\u0301 \u1fd6\u0399\u0342 \u1fd7\u0399\u0308\u0342 \u1fe2\u03a5\u0308\u0300 \u1fe3\u03a5\u0308\u0301 \u1fe4\u03a1\u0313 \u1fe6\u03a5\u0342 \u1fe7\u03a5\u0308\u0342 \u1ff2\u1ffa\u0399 " +
        "\u1ff3\u03a9\u0399 \u1ff4\u038f\u0399 \u1ff6\u03a9\u0342 \u1ff7\u03a9\u0342\u0399 \u1ffc\u03a9\u0399 \ufb00FF \ufb01FI \ufb02FL \ufb03FFI \ufb04FFL \ufb05ST \ufb06ST \ufb13\u0544\u0546 \ufb14\u0544\u0535 \ufb15\u0544\u053b \ufb16\u054e\u0546 \ufb17\u0544\u053d")
        .Split(' ').ToDictionary(entry => entry[0], entry => entry[1..]);

    /// <summary>A text in upper case.</summary>
    public static string Upper(string text)
    {
        if (!text.Any(Several.ContainsKey)) return text.ToUpperInvariant();
        var result = new StringBuilder(text.Length + 8);
        foreach (var rune in text.EnumerateRunes()) result.Append(rune.IsBmp ? Upper((char)rune.Value) : Rune.ToUpperInvariant(rune).ToString());
        return result.ToString();
    }

    /// <summary>A character in upper case.</summary>
    public static string Upper(char character) => Several.TryGetValue(character, out var upper) ? upper : char.ToUpperInvariant(character).ToString();

    /// <summary>A character at the beginning of a word.</summary>
    public static string Title(char character)
    {
        if (character is >= '\u10d0' and <= '\u10ff') return character.ToString(); // Georgian has none
        if (character is >= '\u01c4' and <= '\u01cc') return ((char)((character - '\u01c4') / 3 * 3 + '\u01c5')).ToString(); // pairs of letters in one
        if (character is >= '\u1f80' and <= '\u1faf') return ((char)(character | 8)).ToString(); // Greek with an iota below
        if (character is >= '\u01f1' and <= '\u01f3') return "\u01f2";
        if (char.GetUnicodeCategory(character) == System.Globalization.UnicodeCategory.TitlecaseLetter) return character.ToString();
        if (!Several.TryGetValue(character, out var upper)) return char.ToUpperInvariant(character).ToString();
        return character == '\u0149' ? upper : upper[..1] + upper[1..].ToLowerInvariant();
    }

    /// <summary>A text for comparison without case.</summary>
    public static string Fold(string text)
    {
        var plain = text.Replace("\u1e9e", "ss", StringComparison.Ordinal);
        return (plain.Any(Several.ContainsKey) ? Upper(plain) : plain).ToLowerInvariant().Replace('\u03c2', '\u03c3');
    }
}
