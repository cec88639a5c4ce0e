using System.Numerics;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>What stands after the colon of a field: <c>[[fill]align][sign][z][#][0][width][grouping][.precision][type]</c>.</summary>
internal sealed record FormatSpecification
{
    /// <summary>The widest field and the highest precision that are taken.</summary>
    public const int Widest = 1000;

    private string Fill { get; init; } = " ";

    private char? Align { get; init; }

    private char Sign { get; init; } = '-';

    private bool IsAlternate { get; init; }

    private int Width { get; init; }

    private char? Grouping { get; init; }

    private int? Precision { get; init; }

    private char? Type { get; init; }

    /// <summary>A value as the specification says.</summary>
    /// <exception cref="ChatTemplateException">The specification is wrong, or wrong for that value.</exception>
    public static string Apply(JinjaValue value, string specification, JinjaContext context)
    {
        if (specification.Length == 0)
            return value.Text(context.Budget);
        return value switch
        {
            TextValue text => Parse(specification).Text(text),
            NumericValue number => Parse(specification).Number(number),
            _ => throw new ChatTemplateException($"unsupported format string passed to {value.TypeName}.__format__"),
        };
    }

    /// <summary>Whole number of at most four digits at a place in a text; -1 where none stands there.</summary>
    public static int ReadNumber(string text, ref int at)
    {
        var start = at;
        var value = 0;
        for (; at < text.Length && char.IsAsciiDigit(text[at]); at++)
            value = Math.Min(Widest + 1, (value * 10) + (text[at] - '0'));
        return value > Widest ? throw new ChatTemplateException($"a format width is more than {Widest}.") : at == start ? -1 : value;
    }

    private static FormatSpecification Parse(string text)
    {
        var at = 0;
        var result = new FormatSpecification();
        var fillLength = char.IsHighSurrogate(text[0]) && text.Length > 1 ? 2 : 1;
        if (text.Length > fillLength && IsAlign(text[fillLength]))
            (result, at) = (result with { Fill = text[..fillLength], Align = text[fillLength] }, fillLength + 1);
        else if (IsAlign(text[0]))
            (result, at) = (result with { Align = text[0] }, 1);
        if (at < text.Length && text[at] is '+' or '-' or ' ')
            result = result with { Sign = text[at++] };
        if (at < text.Length && text[at] == 'z')
            throw new ChatTemplateException("the format option 'z' is not known here");
        if (at < text.Length && text[at] == '#' && ++at > 0)
            result = result with { IsAlternate = true };
        // A fill that was given stands; zeros before the width are padding after the sign of a number.
        if (result.Align == null && at < text.Length && text[at] == '0' && ++at > 0)
            result = result with { Fill = "0", Align = '0' };
        result = result with { Width = Math.Max(0, ReadNumber(text, ref at)) };
        if (at < text.Length && text[at] is ',' or '_')
            result = result with { Grouping = text[at++] };
        if (at < text.Length && text[at] is ',' or '_')
            throw new ChatTemplateException("Cannot specify both ',' and '_'.");
        if (at < text.Length && text[at] == '.' && ++at > 0)
            result = result with { Precision = ReadNumber(text, ref at) is var digits and >= 0 ? digits : throw new ChatTemplateException("Format specifier missing precision") };
        if (at < text.Length)
            result = result with { Type = text[at++] };
        return at == text.Length ? result : throw new ChatTemplateException("Invalid format specifier");
    }

    private static bool IsAlign(char character) => character is '<' or '>' or '^' or '=';

    private string Text(TextValue value)
    {
        if (Type is not (null or 's'))
            throw Unknown(value);
        if (Sign != '-' || IsAlternate || Align == '=' || Grouping != null)
            throw new ChatTemplateException("a sign, '#', '=' or grouping is not allowed in a string's format specifier");
        var text = Precision is { } most && most < value.Length!.Value ? value.Pick(Enumerable.Range(0, most)).Value : value.Value;
        return Padded(string.Empty, text, Align is null or '0' ? '<' : Align.Value);
    }

    private string Number(NumericValue value)
    {
        if (Type is 'e' or 'E' or 'f' or 'F' or 'g' or 'G' or '%' || value.Whole == null)
            return Real(value);
        if (Precision != null)
            throw new ChatTemplateException("Precision not allowed in integer format specifier");
        var whole = value.Whole!.Value;
        var type = Type ?? 'd';
        if (type == 'c')
            return Character(whole);
        if (type is not ('d' or 'n' or 'b' or 'o' or 'x' or 'X'))
            throw Unknown(value);
        if (Grouping is { } mark && (type == 'n' || (mark == ',' && type != 'd')))
            throw new ChatTemplateException($"Cannot specify '{mark}' with '{type}'.");
        var prefix = Before(whole.Sign < 0) + (IsAlternate && type is not ('d' or 'n') ? $"0{type}" : string.Empty);
        return Padded(prefix, Grouped(NumberText.Whole(BigInteger.Abs(whole), type), type is 'd' or 'n' ? 3 : 4, prefix.Length), Align ?? '>');
    }

    private string Character(BigInteger code)
    {
        if (Sign != '-' || IsAlternate || Grouping != null)
            throw new ChatTemplateException("a sign, '#' or grouping is not allowed with format specifier 'c'");
        return Padded(string.Empty, PercentFormat.Character(code), Align ?? '>');
    }

    private string Real(NumericValue value)
    {
        if (Type is not (null or 'e' or 'E' or 'f' or 'F' or 'g' or 'G' or '%' or 'n'))
            throw Unknown(value);
        if (Grouping is { } mark && Type == 'n')
            throw new ChatTemplateException($"Cannot specify '{mark}' with 'n'.");
        var number = Type == '%' ? value.Real * 100 : value.Real;
        var isNegative = double.IsNegative(number) && !double.IsNaN(number);
        var size = Math.Abs(number);
        var text = (Type, Precision) switch
        {
            (null, null) when double.IsFinite(size) => PythonText.Float(size),
            (null, var digits) => NumberText.Real(size, 'g', digits ?? 0, IsAlternate, needsFraction: true),
            ('%', var digits) => NumberText.Real(size, 'f', digits ?? 6, IsAlternate) + "%",
            ('n', var digits) => NumberText.Real(size, 'g', digits ?? 6, IsAlternate),
            (var type, var digits) => NumberText.Real(size, type!.Value, digits ?? 6, IsAlternate),
        };
        var end = 0;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
            end++;
        var sign = Before(isNegative);
        return Padded(sign, end == 0 ? text : Grouped(text[..end], 3, sign.Length + text.Length - end) + text[end..], Align ?? '>');
    }

    // Zeros that fill the width are part of the groups.
    private string Grouped(string digits, int groupSize, int others) =>
        Grouping is { } mark ? NumberText.Grouped(digits, mark, groupSize, Fill == "0" && Align is '0' or '=' ? Width - others : 0) : digits;

    private string Before(bool isNegative) => isNegative ? "-" : Sign == '-' ? string.Empty : Sign.ToString();

    private string Padded(string prefix, string text, char align)
    {
        var missing = Math.Max(0, Width - new TextValue(prefix + text).Length!.Value);
        return align switch
        {
            '<' => prefix + text + Filling(missing),
            '^' => Filling(missing / 2) + prefix + text + Filling(missing - (missing / 2)),
            '=' or '0' => prefix + Filling(missing) + text,
            _ => Filling(missing) + prefix + text,
        };
    }

    private string Filling(int times) => string.Concat(Enumerable.Repeat(Fill, times));

    private ChatTemplateException Unknown(JinjaValue value) => new($"Unknown format code '{Type}' for object of type '{value.TypeName}'");
}
