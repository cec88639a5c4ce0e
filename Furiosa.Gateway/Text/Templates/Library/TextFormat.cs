using System.Globalization;
using System.Numerics;
using System.Text;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>Python's two ways to fill in a text: <c>'%s' % value</c> and <c>'{}'.format(value)</c> (without attribute access).</summary>
internal static class TextFormat
{
    private const int Widest = 1000;

    /// <summary><c>template % values</c>.</summary>
    public static string Percent(string template, JinjaValue values, JinjaContext context)
    {
        var positional = values is ListValue { IsTuple: true } tuple ? tuple.Values : [values];
        var next = 0;
        var result = new StringBuilder();
        for (var at = 0; at < template.Length; at++)
        {
            if (template[at] != '%')
            {
                result.Append(template[at]);
                continue;
            }

            var field = PercentField.Read(template, ref at);
            if (field.Conversion == '%')
            {
                result.Append('%');
                continue;
            }

            var value = field.Key != null
                ? (values as MappingValue)?.Find(new TextValue(field.Key)) ?? throw new ChatTemplateException($"format requires a mapping with '{field.Key}'")
                : next < positional.Count ? positional[next++] : throw new ChatTemplateException("not enough arguments for format string");
            result.Append(Pad(Convert(field.Conversion, field.Precision, value, context), field.Flags, field.Width));
            context.Budget.SpendText(result.Length);
        }

        if (next < positional.Count && values is not MappingValue && !(values is ListValue { IsTuple: false } && next == 1))
            throw new ChatTemplateException("not all arguments converted during string formatting");
        return result.ToString();
    }

    /// <summary><c>template.format(arguments)</c>.</summary>
    public static string Braces(string template, CallArguments arguments, JinjaContext context)
    {
        var next = 0;
        var result = new StringBuilder();
        for (var at = 0; at < template.Length; at++)
        {
            var character = template[at];
            if (character is '{' or '}' && at + 1 < template.Length && template[at + 1] == character)
            {
                result.Append(character);
                at++;
            }
            else if (character == '{')
            {
                var close = template.IndexOf('}', at);
                if (close < 0)
                    throw new ChatTemplateException("expected '}' before end of string");
                result.Append(BracesField(template[(at + 1)..close], arguments, ref next, context));
                at = close;
            }
            else
            {
                result.Append(character != '}' ? character : throw new ChatTemplateException("Single '}' encountered in format string"));
            }

            if (result.Length > RenderBudget.LargestText)
                context.Budget.SpendText(result.Length);
        }

        context.Budget.SpendText(result.Length);
        return result.ToString();
    }

    private static string BracesField(string field, CallArguments arguments, ref int next, JinjaContext context)
    {
        var parts = field.Split(':', 2);
        var name = parts[0].Split('!')[0];
        var isRepr = parts[0].EndsWith("!r", StringComparison.Ordinal);
        var value = name.Length == 0 ? arguments.Find(next++, string.Empty)
            : int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var position) ? arguments.Find(position, string.Empty)
            : arguments.Find(int.MaxValue, name);
        if (value == null)
            throw new ChatTemplateException($"the format field '{{{field}}}' has no argument (fields name arguments only, not their attributes)");
        if (isRepr)
            value = new TextValue(PythonText.Repr(value, context.Budget));
        return parts.Length == 1 || parts[1].Length == 0 ? value.Text(context.Budget) : Specified(value, parts[1], context);
    }

    // [[fill]align][0][width][,][.precision][type]
    private static string Specified(JinjaValue value, string specification, JinjaContext context)
    {
        var at = 0;
        var (fill, align) = (' ', value is NumericValue ? '>' : '<');
        if (specification.Length > 1 && specification[1] is '<' or '>' or '^')
            (fill, align, at) = (specification[0], specification[1], 2);
        else if (specification[0] is '<' or '>' or '^')
            (align, at) = (specification[0], 1);
        if (at == 0 && specification[0] == '0')
            (fill, at) = ('0', 1);
        var width = Number(specification, ref at);
        var groups = at < specification.Length && specification[at] == ',' && at++ >= 0;
        int? precision = null;
        if (at < specification.Length && specification[at] == '.')
        {
            at++;
            precision = Number(specification, ref at);
        }

        var conversion = at < specification.Length ? specification[at] : '\0';
        var text = conversion == '\0' && value is not FloatValue ? value.Text(context.Budget) : Convert(conversion == '\0' ? 'g' : conversion, precision, value, context);
        if (groups && value is NumericValue { Whole: { } whole })
            text = whole.ToString("N0", CultureInfo.InvariantCulture);
        if (value is TextValue && precision is { } most && text.Length > most)
            text = text[..most];
        var missing = Math.Max(0, width - text.Length);
        var before = align == '<' ? 0 : align == '>' ? missing : missing / 2;
        return new string(fill, before) + text + new string(fill, missing - before);
    }

    private static int Number(string text, ref int at)
    {
        var value = 0;
        for (; at < text.Length && char.IsAsciiDigit(text[at]); at++)
            value = Math.Min(Widest + 1, (value * 10) + (text[at] - '0'));
        return value <= Widest ? value : throw new ChatTemplateException($"a format width is more than {Widest}.");
    }

    private static string Pad(string text, string flags, int width)
    {
        if (flags.Contains('-'))
            return text.PadRight(width);
        if (!flags.Contains('0') || text.Length >= width)
            return text.PadLeft(width);
        return text.StartsWith('-') ? "-" + text[1..].PadLeft(width - 1, '0') : text.PadLeft(width, '0');
    }

    private static string Convert(char conversion, int? precision, JinjaValue value, JinjaContext context) => conversion switch
    {
        's' => value.Text(context.Budget) is var text && precision is { } most && most < text.Length ? text[..most] : value.Text(context.Budget),
        'r' => PythonText.Repr(value, context.Budget),
        'd' or 'i' or 'u' => Whole(conversion, value).ToString(CultureInfo.InvariantCulture),
        'x' => Radix(Whole(conversion, value), "x"),
        'X' => Radix(Whole(conversion, value), "X"),
        'f' or 'F' => Real(conversion, value).ToString("F" + (precision ?? 6), CultureInfo.InvariantCulture),
        'e' => Real(conversion, value).ToString((precision ?? 6) == 0 ? "0e+00" : $"0.{new string('0', precision ?? 6)}e+00", CultureInfo.InvariantCulture),
        'g' => Real(conversion, value).ToString("G" + (precision ?? 6), CultureInfo.InvariantCulture),
        '%' => (Real(conversion, value) * 100).ToString("F" + (precision ?? 6), CultureInfo.InvariantCulture) + "%",
        _ => throw new ChatTemplateException($"unsupported format character '{conversion}'"),
    };

    private static string Radix(BigInteger value, string format)
    {
        var digits = BigInteger.Abs(value).ToString(format, CultureInfo.InvariantCulture).TrimStart('0');
        return (value.Sign < 0 ? "-" : string.Empty) + (digits.Length == 0 ? "0" : digits);
    }

    private static BigInteger Whole(char conversion, JinjaValue value) => value is NumericValue number
        ? number.Whole ?? (double.IsFinite(number.Real) ? new BigInteger(number.Real) : throw new ChatTemplateException("cannot convert float infinity or NaN to integer"))
        : throw new ChatTemplateException($"%{conversion} format: a real number is required, not {value.TypeName}");

    private static double Real(char conversion, JinjaValue value) => value is NumericValue number
        ? number.Real
        : throw new ChatTemplateException($"%{conversion} format: a real number is required, not {value.TypeName}");

    /// <summary>One <c>%</c> field: <c>%(key)flags width .precision conversion</c>.</summary>
    private readonly record struct PercentField(string? Key, string Flags, int Width, int? Precision, char Conversion)
    {
        public static PercentField Read(string text, ref int at)
        {
            at++;
            string? key = null;
            if (at < text.Length && text[at] == '(' && text.IndexOf(')', at) is var close and > 0)
            {
                key = text[(at + 1)..close];
                at = close + 1;
            }

            var start = at;
            while (at < text.Length && text[at] is '-' or '0' or '+' or ' ' or '#')
                at++;
            var flags = text[start..Math.Min(at, text.Length)];
            var width = Number(text, ref at);
            int? precision = null;
            if (at < text.Length && text[at] == '.')
            {
                at++;
                precision = Number(text, ref at);
            }

            return at < text.Length ? new PercentField(key, flags, width, precision, text[at]) : throw new ChatTemplateException("incomplete format");
        }
    }
}
