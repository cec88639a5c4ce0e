using System.Globalization;
using System.Text;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>C's <c>strftime</c> in the C locale, as Python gives it on Linux.</summary>
internal static class Strftime
{
    private const int LongestFormat = 1000;

    /// <summary>A time written as the format says; unknown directives stay as they are.</summary>
    public static string Format(DateTimeOffset time, string format)
    {
        if (format.Length > LongestFormat)
            throw new ChatTemplateException($"strftime_now's format has more than {LongestFormat} characters.");
        var result = new StringBuilder();
        for (var at = 0; at < format.Length; at++)
        {
            if (format[at] != '%' || at + 1 == format.Length)
            {
                result.Append(format[at]);
                continue;
            }

            var flag = format[at + 1] is '-' or '_' or '0' or '^' && at + 2 < format.Length ? format[++at] : '\0';
            result.Append(Flagged(Directive(time, format[++at]), flag));
        }

        return result.ToString();
    }

    private static string Flagged(string text, char flag) => flag switch
    {
        '-' => text.TrimStart('0', ' ') is { Length: > 0 } rest ? rest : "0",
        '_' => text.Length - text.TrimStart('0').Length is var zeros and > 0 && zeros < text.Length ? new string(' ', zeros) + text[zeros..] : text,
        '0' => text.Replace(' ', '0'),
        '^' => text.ToUpperInvariant(),
        _ => text,
    };

    private static string Directive(DateTimeOffset time, char directive) => directive switch
    {
        'e' => time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'k' => time.Hour.ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'l' => Custom(time, "%h").PadLeft(2),
        'f' => Custom(time, "ffffff"),
        'j' => time.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
        'p' => time.Hour < 12 ? "AM" : "PM",
        'P' => time.Hour < 12 ? "am" : "pm",
        'c' => Custom(time, "ddd MMM ") + Directive(time, 'e') + Custom(time, " HH:mm:ss yyyy"),
        'C' => (time.Year / 100).ToString("00", CultureInfo.InvariantCulture),
        'u' => (time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
        'w' => ((int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
        'U' => ((time.DayOfYear + 6 - (int)time.DayOfWeek) / 7).ToString("00", CultureInfo.InvariantCulture),
        'W' => ((time.DayOfYear + 6 - (((int)time.DayOfWeek + 6) % 7)) / 7).ToString("00", CultureInfo.InvariantCulture),
        'V' => ISOWeek.GetWeekOfYear(time.DateTime).ToString("00", CultureInfo.InvariantCulture),
        'G' => ISOWeek.GetYear(time.DateTime).ToString(CultureInfo.InvariantCulture),
        's' => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        'n' => "\n",
        't' => "\t",
        '%' => "%",
        'z' or 'Z' => string.Empty, // Python's datetime.now() knows no zone
        _ => Pattern(directive) is { } pattern ? Custom(time, pattern) : $"%{directive}",
    };

    private static string? Pattern(char directive) => directive switch
    {
        'a' => "ddd",
        'A' => "dddd",
        'b' or 'h' => "MMM",
        'B' => "MMMM",
        'd' => "dd",
        'D' or 'x' => "MM'/'dd'/'yy",
        'F' => "yyyy'-'MM'-'dd",
        'H' => "HH",
        'I' => "hh",
        'm' => "MM",
        'M' => "mm",
        'r' => "hh':'mm':'ss tt",
        'R' => "HH':'mm",
        'S' => "ss",
        'T' or 'X' => "HH':'mm':'ss",
        'y' => "yy",
        'Y' => "yyyy",
        _ => null,
    };

    private static string Custom(DateTimeOffset time, string pattern) => time.ToString(pattern, CultureInfo.InvariantCulture);
}
