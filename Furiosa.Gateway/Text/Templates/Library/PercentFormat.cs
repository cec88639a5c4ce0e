using System.Numerics;
using System.Text;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>Python's <c>'%s' % value</c>.</summary>
internal sealed class PercentFormat
{
    private readonly JinjaValue _values;
    private readonly IReadOnlyList<JinjaValue> _positional;
    private readonly JinjaContext _context;
    private readonly bool _isSafe;
    private int _next;

    private PercentFormat(JinjaValue values, bool isSafe, JinjaContext context)
    {
        (_values, _isSafe, _context) = (values, isSafe, context);
        _positional = values is ListValue { IsTuple: true } tuple ? tuple.Values : [values];
    }

    /// <summary><c>template % values</c>; what is put into a safe template is escaped.</summary>
    public static TextValue Apply(TextValue template, JinjaValue values, JinjaContext context) =>
        new(new PercentFormat(values, template.IsSafe, context).Fill(template.Value), template.IsSafe);

    /// <summary>The character of a code point.</summary>
    public static string Character(BigInteger code) => code >= 0 && code <= 0x10FFFF
        ? Rune.IsValid((int)code) ? new Rune((int)code).ToString() : ((char)code).ToString()
        : throw new ChatTemplateException("%c arg not in range(0x110000)");

    private string Fill(string template)
    {
        var result = new StringBuilder();
        for (var at = 0; at < template.Length; at++)
        {
            if (template[at] == '%')
                result.Append(Field(template, ref at));
            else
                result.Append(template[at]);
            if (result.Length > RenderBudget.LargestText)
                _context.Budget.SpendText(result.Length);
        }

        _context.Budget.SpendText(result.Length);
        // Whatever has elements by key may stay unused.
        if (_next < _positional.Count && (_values is ListValue { IsTuple: true } || _values is TextValue || _values is not (MappingValue or ListValue or RangeValue or UndefinedValue)))
            throw new ChatTemplateException("not all arguments converted during string formatting");
        return result.ToString();
    }

    private string Field(string text, ref int at)
    {
        at++;
        var named = Key(text, ref at) is { } key ? Member(key) : null;
        var start = at;
        while (at < text.Length && text[at] is '-' or '0' or '+' or ' ' or '#')
            at++;
        var flags = text[start..Math.Min(at, text.Length)];
        var width = Size(text, ref at) ?? 0;
        if (width < 0)
            (flags, width) = (flags + "-", -width);
        int? precision = null;
        if (at < text.Length && text[at] == '.' && ++at > 0)
            precision = Math.Max(0, Size(text, ref at) ?? 0);
        if (at < text.Length && text[at] is 'h' or 'l' or 'L')
            at++;
        if (at >= text.Length)
            throw new ChatTemplateException("incomplete format");
        var conversion = text[at];
        if (conversion == '%')
            return "%";
        var (prefix, body) = Converted(conversion, flags, precision, named ?? Next());
        return Padded(prefix, body, flags, width, "diuxXoeEfFgG".Contains(conversion, StringComparison.Ordinal));
    }

    private static string? Key(string text, ref int at)
    {
        if (at >= text.Length || text[at] != '(')
            return null;
        var depth = 0;
        for (var from = ++at; at < text.Length; at++)
        {
            if (text[at] == '(')
                depth++;
            else if (text[at] == ')' && depth-- == 0)
                return text[from..at++];
        }

        throw new ChatTemplateException("incomplete format key");
    }

    private JinjaValue Member(string key) => _values switch
    {
        UndefinedValue undefined => throw undefined.Error(),
        MappingValue mapping => mapping.Find(new TextValue(key)) ?? throw new ChatTemplateException($"'{key}'"),
        _ => throw new ChatTemplateException("format requires a mapping"),
    };

    // A width or a precision: written out, or * for the next value.
    private int? Size(string text, ref int at)
    {
        if (at < text.Length && text[at] == '*')
        {
            at++;
            var size = Next() is NumericValue { Whole: { } whole } ? whole : throw new ChatTemplateException("* wants int");
            return BigInteger.Abs(size) <= FormatSpecification.Widest ? (int)size : throw new ChatTemplateException($"a format width is more than {FormatSpecification.Widest}.");
        }

        return FormatSpecification.ReadNumber(text, ref at) is var number and >= 0 ? number : null;
    }

    private JinjaValue Next() => _next < _positional.Count ? _positional[_next++] : throw new ChatTemplateException("not enough arguments for format string");

    private (string Prefix, string Body) Converted(char conversion, string flags, int? precision, JinjaValue value) => conversion switch
    {
        's' => (string.Empty, Cut(Escaped(value, value.Text(_context.Budget)), precision)),
        'r' => (string.Empty, Cut(Escaped(value, PythonText.Repr(value, _context.Budget)), precision)),
        'a' => (string.Empty, Cut(Escaped(value, PythonText.Ascii(value, _context.Budget)), precision)),
        'c' => (string.Empty, value switch
        {
            NumericValue { Whole: { } code } => Character(code),
            TextValue { Length: 1 } text => Escaped(text, text.Value),
            _ => throw new ChatTemplateException("%c requires int or char"),
        }),
        'd' or 'i' or 'u' or 'x' or 'X' or 'o' => Whole(conversion, flags, precision, value),
        'e' or 'E' or 'f' or 'F' or 'g' or 'G' => Real(conversion, flags, precision ?? 6, value),
        _ => throw new ChatTemplateException($"unsupported format character '{conversion}'"),
    };

    private string Escaped(JinjaValue value, string text) => _isSafe && value is not TextValue { IsSafe: true } ? TextFilters.EscapeHtml(text) : text;

    private static string Cut(string text, int? precision) =>
        precision is { } most && new TextValue(text) is var value && most < value.Length!.Value ? value.Pick(Enumerable.Range(0, most)).Value : text;

    private static (string Prefix, string Body) Whole(char conversion, string flags, int? precision, JinjaValue value)
    {
        var isDecimal = conversion is 'd' or 'i' or 'u';
        var number = value switch
        {
            UndefinedValue undefined => throw undefined.Error(),
            NumericValue { Whole: { } whole } => whole,
            NumericValue { Real: var real } when isDecimal => double.IsFinite(real) ? new BigInteger(real) : throw new ChatTemplateException("cannot convert float infinity or NaN to integer"),
            _ => throw new ChatTemplateException($"%{conversion} format: {(isDecimal ? "a real number" : "an integer")} is required, not {value.TypeName}"),
        };
        var digits = NumberText.Whole(BigInteger.Abs(number), isDecimal ? 'd' : conversion).PadLeft(precision ?? 0, '0');
        return (Sign(flags, number.Sign < 0) + (flags.Contains('#') && !isDecimal ? $"0{conversion}" : string.Empty), digits);
    }

    private static (string Prefix, string Body) Real(char conversion, string flags, int precision, JinjaValue value)
    {
        var number = value switch
        {
            UndefinedValue undefined => throw undefined.Error(),
            NumericValue { Real: var real } => real,
            _ => throw new ChatTemplateException($"must be real number, not {value.TypeName}"),
        };
        return (Sign(flags, double.IsNegative(number) && !double.IsNaN(number)), NumberText.Real(Math.Abs(number), conversion, precision, flags.Contains('#')));
    }

    private static string Sign(string flags, bool isNegative) => isNegative ? "-" : flags.Contains('+') ? "+" : flags.Contains(' ') ? " " : string.Empty;

    private static string Padded(string prefix, string body, string flags, int width, bool isNumber)
    {
        var missing = Math.Max(0, width - new TextValue(prefix + body).Length!.Value);
        if (flags.Contains('-'))
            return prefix + body + new string(' ', missing);
        return isNumber && flags.Contains('0') ? prefix + new string('0', missing) + body : new string(' ', missing) + prefix + body;
    }
}
