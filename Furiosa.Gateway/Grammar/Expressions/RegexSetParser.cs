using Furiosa.Gateway.Grammar.Automata;

namespace Furiosa.Gateway.Grammar.Expressions;

/// <summary>Parses bracketed sets and escapes of regular expressions.</summary>
internal static class RegexSetParser
{
    /// <summary>Parses a set whose opening bracket has been taken.</summary>
    public static CodePointSet Parse(ExpressionText text)
    {
        var negated = text.TryTake("^");
        var ranges = new List<(int Low, int High)>();
        while (!text.TryTake("]"))
        {
            var first = ParseMember(text);
            text.Budget.Spend(1);
            if (text.Peek() != '-' || text.Peek(1) == ']' || first.Ranges.Count != 1 || first.Ranges[0].Low != first.Ranges[0].High)
            {
                ranges.AddRange(first.Ranges);
                continue;
            }

            text.Take();
            var last = ParseMember(text);
            if (last.Ranges.Count != 1 || last.Ranges[0].Low != last.Ranges[0].High || last.Ranges[0].Low < first.Ranges[0].Low)
                throw text.Error("the range is not in order");
            ranges.Add((first.Ranges[0].Low, last.Ranges[0].High));
        }

        var set = CodePointSet.Of(ranges);
        text.Budget.Spend(set.Ranges.Count);
        return negated ? set.Complement() : set;
    }

    /// <summary>Parses an escape whose backslash has been taken.</summary>
    public static CodePointSet ParseEscape(ExpressionText text, bool inSet)
    {
        var escaped = ParseEscaped(text, inSet);
        text.Budget.Spend(escaped.Ranges.Count);
        return escaped;
    }

    private static CodePointSet ParseEscaped(ExpressionText text, bool inSet)
    {
        var letter = text.Take();
        if (RegexClasses.OfLetter(letter) is { } named)
            return named;
        return letter switch
        {
            'n' => CodePointSet.Of('\n'),
            'r' => CodePointSet.Of('\r'),
            't' => CodePointSet.Of('\t'),
            'f' => CodePointSet.Of('\f'),
            'v' => CodePointSet.Of('\v'),
            '0' when text.Peek() is not (>= '0' and <= '9') => CodePointSet.Of(0),
            'x' => CodePointSet.Of(text.TakeHex(2)),
            'u' => CodePointSet.Of(ParseUnicode(text)),
            'c' => CodePointSet.Of(text.Take() & 31),
            'p' => ParseCategory(text),
            'P' => ParseCategory(text).Complement(),
            'b' when inSet => CodePointSet.Of('\b'),
            'b' or 'B' => throw text.Error("word borders (\\b, \\B) are not supported"),
            'k' => throw text.Error("back references are not supported"),
            >= '0' and <= '9' => throw text.Error("back references are not supported"),
            'A' or 'Z' or 'z' or 'G' => throw text.Error($"the anchor \\{(char)letter} is not supported; write ^ or $"),
            < 128 when char.IsAsciiLetter((char)letter) => throw text.Error($"the escape \\{(char)letter} is not supported"),
            _ => CodePointSet.Of(letter),
        };
    }

    private static CodePointSet ParseMember(ExpressionText text)
    {
        var member = text.Take();
        return member == '\\' ? ParseEscape(text, inSet: true) : CodePointSet.Of(member);
    }

    private static int ParseUnicode(ExpressionText text)
    {
        if (text.TryTake("{"))
        {
            var digits = text.TakeWhile(value => value < 128 && Uri.IsHexDigit((char)value));
            text.Expect("}");
            return digits.Length is > 0 and <= 6 && Convert.ToInt32(digits, 16) is var value and <= 0x10FFFF ? value : throw text.Error("the code point is not one");
        }

        var high = text.TakeHex(4);
        if (high is < 0xD800 or > 0xDBFF || !text.TryTake("\\u"))
            return high;
        var low = text.TakeHex(4);
        return char.IsLowSurrogate((char)low) ? char.ConvertToUtf32((char)high, (char)low) : throw text.Error("half of a surrogate pair is missing");
    }

    private static CodePointSet ParseCategory(ExpressionText text)
    {
        text.Expect("{");
        var name = text.TakeWhile(value => value != '}');
        text.Expect("}");
        return RegexClasses.OfCategory(name) ?? throw text.Error($"the character property '{name}' is not supported; general categories such as L or Nd are");
    }
}
