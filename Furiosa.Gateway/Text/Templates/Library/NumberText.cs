using System.Globalization;
using System.Numerics;
using System.Text;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>Digits of numbers as Python's formats write them; signs are put before by who calls.</summary>
internal static class NumberText
{
    /// <summary>A whole number that is not negative, in base 2, 8, 10 or 16 (<c>b o d x X</c>).</summary>
    public static string Whole(BigInteger value, char type) => type switch
    {
        'b' => Trimmed(value.ToString("B", CultureInfo.InvariantCulture)),
        'o' => Octal(value),
        'x' => Trimmed(value.ToString("x", CultureInfo.InvariantCulture)),
        'X' => Trimmed(value.ToString("X", CultureInfo.InvariantCulture)),
        _ => value.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>A floating-point number that is not negative, as <c>e f g E F G</c> write it.</summary>
    /// <param name="value">The number.</param>
    /// <param name="type">How it is written.</param>
    /// <param name="precision">How many digits: after the point, or with <c>g</c> altogether.</param>
    /// <param name="isAlternate">Whether <c>#</c> keeps the point and the zeros at the end.</param>
    /// <param name="needsFraction">Whether a number without an exponent shows a digit after its point, as one without a type does.</param>
    public static string Real(double value, char type, int precision, bool isAlternate, bool needsFraction = false)
    {
        if (!double.IsFinite(value))
            return char.IsUpper(type) ? (double.IsNaN(value) ? "NAN" : "INF") : double.IsNaN(value) ? "nan" : "inf";
        var text = char.ToLowerInvariant(type) switch
        {
            'f' => value.ToString($"F{precision}", CultureInfo.InvariantCulture) + (isAlternate && precision == 0 ? "." : string.Empty),
            'e' => Scientific(value, precision, isAlternate),
            _ => General(value, Math.Max(1, precision), isAlternate, needsFraction),
        };
        return char.IsUpper(type) ? text.ToUpperInvariant() : text;
    }

    /// <summary>Digits with a separator between groups, at least so wide; zeros are put before where they are not.</summary>
    public static string Grouped(string digits, char separator, int groupSize, int width)
    {
        var count = Math.Max(digits.Length, 1);
        while (count + ((count - 1) / groupSize) < width)
            count++;
        digits = digits.PadLeft(count, '0');
        var grouped = new StringBuilder(digits);
        for (var at = digits.Length - groupSize; at > 0; at -= groupSize)
            grouped.Insert(at, separator);
        return grouped.ToString();
    }

    private static string Trimmed(string digits) => digits.TrimStart('0') is { Length: > 0 } rest ? rest : "0";

    private static string Octal(BigInteger value)
    {
        var bits = Trimmed(value.ToString("B", CultureInfo.InvariantCulture));
        bits = bits.PadLeft((bits.Length + 2) / 3 * 3, '0');
        return string.Concat(Enumerable.Range(0, bits.Length / 3).Select(at => (char)('0' + Convert.ToInt32(bits.Substring(at * 3, 3), 2))));
    }

    private static string Scientific(double value, int precision, bool isAlternate)
    {
        var (digits, exponent) = Digits(value, precision + 1);
        var point = precision > 0 || isAlternate ? "." : string.Empty;
        return $"{digits[0]}{point}{digits[1..]}{Exponent(exponent)}";
    }

    // C's %g: an exponent where the number is very small or needs more digits than asked for.
    private static string General(double value, int precision, bool isAlternate, bool needsFraction)
    {
        var (digits, exponent) = Digits(value, precision);
        var isScientific = exponent < -4 || exponent >= precision - (needsFraction ? 1 : 0);
        if (value == 0)
            (digits, exponent, isScientific) = (new string('0', precision), 0, false);
        if (!isAlternate)
            digits = digits.TrimEnd('0') is { Length: > 0 } rest ? rest : "0";
        if (isScientific)
            return $"{digits[0]}{(digits.Length > 1 || isAlternate ? "." : string.Empty)}{digits[1..]}{Exponent(exponent)}";
        if (exponent < 0)
            return $"0.{new string('0', -exponent - 1)}{digits}";
        digits = digits.PadRight(exponent + 1, '0');
        var fraction = digits[(exponent + 1)..];
        if (fraction.Length == 0 && needsFraction)
            fraction = "0";
        return digits[..(exponent + 1)] + (fraction.Length > 0 || isAlternate ? "." : string.Empty) + fraction;
    }

    private static (string Digits, int Exponent) Digits(double value, int count)
    {
        var text = value.ToString($"E{count - 1}", CultureInfo.InvariantCulture);
        var mark = text.IndexOf('E', StringComparison.Ordinal);
        return (text[..mark].Replace(".", string.Empty, StringComparison.Ordinal), int.Parse(text[(mark + 1)..], CultureInfo.InvariantCulture));
    }

    private static string Exponent(int exponent) => $"e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
}
