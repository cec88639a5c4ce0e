using System.Globalization;
using System.Text;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>How Python writes values.</summary>
internal static class PythonText
{
    /// <summary>A floating-point number: the shortest digits that give it back, with a fraction or an exponent.</summary>
    public static string Float(double value)
    {
        if (double.IsNaN(value))
            return "nan";
        if (double.IsInfinity(value))
            return value > 0 ? "inf" : "-inf";
        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        var exponent = ExponentOf(shortest.TrimStart('-'));
        if (value == 0 || exponent is >= -4 and < 16)
            return Plain(shortest, exponent);
        return Scientific(shortest, exponent);
    }

    // Of the digits that are shown: those of the exact value may begin one place further right (1e-7 is a little less).
    private static int ExponentOf(string shortest)
    {
        var mark = shortest.IndexOf('E', StringComparison.Ordinal);
        if (mark >= 0) return int.Parse(shortest[(mark + 1)..], CultureInfo.InvariantCulture);
        var point = shortest.IndexOf('.', StringComparison.Ordinal) is var found and >= 0 ? found : shortest.Length;
        if (shortest[0] != '0') return point - 1;
        return -shortest.AsSpan(Math.Min(point + 1, shortest.Length)).IndexOfAnyExcept('0') - 1;
    }

    /// <summary>What Python's <c>repr</c> gives for a value.</summary>
    public static string Repr(JinjaValue value, RenderBudget budget)
    {
        using var writer = new BoundedWriter(budget);
        value.WriteRepr(writer);
        return writer.ToString();
    }

    /// <summary>What Python's <c>ascii</c> gives for a value.</summary>
    public static string Ascii(JinjaValue value, RenderBudget budget)
    {
        var result = new StringBuilder();
        foreach (var rune in Repr(value, budget).EnumerateRunes())
            result.Append(rune.IsAscii ? rune.ToString() : Escape(rune.Value));
        return result.ToString();
    }

    /// <summary>Writes a text in quotes, single ones unless it holds only those.</summary>
    public static void WriteRepr(string value, TextWriter writer)
    {
        var quote = value.Contains('\'') && !value.Contains('"') ? '"' : '\'';
        writer.Write(quote);
        foreach (var rune in value.EnumerateRunes())
            WriteReprOf(rune, quote, writer);
        writer.Write(quote);
    }

    private static void WriteReprOf(Rune rune, char quote, TextWriter writer)
    {
        switch (rune.Value)
        {
            case '\\':
                writer.Write("\\\\");
                break;
            case '\n':
                writer.Write("\\n");
                break;
            case '\r':
                writer.Write("\\r");
                break;
            case '\t':
                writer.Write("\\t");
                break;
            case var code when code == quote:
                writer.Write('\\');
                writer.Write(quote);
                break;
            case var code when IsPrintable(rune):
                writer.Write(rune.ToString());
                break;
            case var code:
                writer.Write(Escape(code));
                break;
        }
    }

    private static string Escape(int code) => code <= 0xFF ? $"\\x{code:x2}" : code <= 0xFFFF ? $"\\u{code:x4}" : $"\\U{code:x8}";

    /// <summary>Whether Python's <c>repr</c> shows a character as it is.</summary>
    public static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);

    // .NET's shortest form goes over to an exponent earlier (1E-05) and later than Python's.
    private static string Plain(string shortest, int exponent)
    {
        if (!shortest.Contains('E', StringComparison.Ordinal))
            return shortest.Contains('.', StringComparison.Ordinal) ? shortest : shortest + ".0";
        var sign = shortest.StartsWith('-') ? "-" : string.Empty;
        var digits = Significant(shortest);
        if (exponent < 0)
            return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        digits = digits.PadRight(exponent + 1, '0');
        var fraction = digits[(exponent + 1)..];
        return $"{sign}{digits[..(exponent + 1)]}.{(fraction.Length == 0 ? "0" : fraction)}";
    }

    private static string Scientific(string shortest, int exponent)
    {
        var sign = shortest.StartsWith('-') ? "-" : string.Empty;
        var digits = Significant(shortest);
        var fraction = digits.Length > 1 ? $".{digits[1..]}" : string.Empty;
        return $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
    }

    private static string Significant(string shortest)
    {
        var mantissa = shortest.Split('E')[0].Replace(".", string.Empty, StringComparison.Ordinal).TrimStart('-').TrimStart('0');
        return mantissa.TrimEnd('0') is { Length: > 0 } digits ? digits : "0";
    }
}
