using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>Numbers read from text as Python's <c>int</c> and <c>float</c> read them.</summary>
internal static partial class PythonNumbers
{
    private const int LongestText = 1000;

    /// <summary>A whole number in a base (0: as its prefix says), or null where the text is none.</summary>
    /// <exception cref="ChatTemplateException">There is no such base.</exception>
    public static BigInteger? Whole(string text, int radix)
    {
        if (radix is < 0 or 1 or > 36)
            throw new ChatTemplateException("int() base must be >= 2 and <= 36, or 0");
        text = PythonSpace.Trim(text);
        if (text.Length is 0 or > LongestText)
            return null;
        var isNegative = text[0] == '-';
        var digits = text[0] is '-' or '+' ? text[1..] : text;
        var prefixed = digits.Length > 1 && digits[0] == '0' ? char.ToLowerInvariant(digits[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 } : 0;
        if (prefixed != 0 && (radix == 0 || radix == prefixed))
            (radix, digits) = (prefixed, digits[2..].StartsWith('_') ? digits[3..] : digits[2..]);
        else if (radix == 0)
            radix = digits.Length > 1 && digits[0] == '0' && digits.Trim('0', '_').Length > 0 ? -1 : 10;
        if (radix < 0 || !Underscored().IsMatch(digits))
            return null;
        BigInteger value = 0;
        foreach (var character in digits)
        {
            if (character == '_')
                continue;
            var digit = char.IsAsciiLetter(character) ? char.ToLowerInvariant(character) - 'a' + 10 : (int)char.GetNumericValue(character);
            if (digit < 0 || digit >= radix)
                return null;
            value = (value * radix) + digit;
        }

        return isNegative ? -value : value;
    }

    /// <summary>A floating-point number, or null where the text is none.</summary>
    public static double? Real(string text)
    {
        text = PythonSpace.Trim(text);
        if (text.Length > LongestText)
            return null;
        if (Words().Match(text) is { Success: true } word)
            return word.Groups["nan"].Success ? double.NaN : word.Groups["sign"].Value == "-" ? double.NegativeInfinity : double.PositiveInfinity;
        return Decimal().IsMatch(text)
            ? double.Parse(text.Replace("_", string.Empty, StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture)
            : null;
    }

    [GeneratedRegex(@"^[\p{L}\p{Nd}]+(_[\p{L}\p{Nd}]+)*$", RegexOptions.NonBacktracking)]
    private static partial Regex Underscored();

    [GeneratedRegex(@"^(?<sign>[+-]?)(inf(inity)?|(?<nan>nan))$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Words();

    [GeneratedRegex(@"^[+-]?([0-9]+(_[0-9]+)*\.?([0-9]+(_[0-9]+)*)?|\.[0-9]+(_[0-9]+)*)([eE][+-]?[0-9]+(_[0-9]+)*)?$", RegexOptions.NonBacktracking)]
    private static partial Regex Decimal();
}
