using System.Globalization;
using System.Text;

namespace Furiosa.Gateway.Text.Templates.Parsing;

/// <summary>Resolves the escapes of Python's string literals.</summary>
internal static class StringEscape
{
    /// <summary>Appends what the escape stands for whose characters after the backslash begin at <paramref name="at"/>.</summary>
    /// <returns>How many characters it has after the backslash.</returns>
    public static int Append(string text, int at, StringBuilder value)
    {
        var escape = text[at];
        if ("\\'\"abfnrtv".IndexOf(escape, StringComparison.Ordinal) is var known and >= 0)
        {
            value.Append("\\'\"\a\b\f\n\r\t\v"[known]);
            return 1;
        }

        if (escape == '\n')
            return 1; // the line goes on
        var digits = escape switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits > 0 && at + 1 + digits <= text.Length &&
            int.TryParse(text.AsSpan(at + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) && code is >= 0 and <= 0x10FFFF)
        {
            if (code is >= 0xD800 and <= 0xDFFF || code <= 0xFFFF)
                value.Append((char)code);
            else
                value.Append(new Rune(code).ToString());
            return 1 + digits;
        }

        var octal = 0;
        while (octal < 3 && at + octal < text.Length && text[at + octal] is >= '0' and <= '7')
            octal++;
        if (octal > 0)
            value.Append((char)Convert.ToInt32(text.Substring(at, octal), 8));
        else
            value.Append('\\').Append(escape);
        return Math.Max(octal, 1);
    }
}
