using System.Globalization;
using System.Text;

namespace Furiosa.Gateway.Text.Tokenizers.Cutting;

/// <summary>The classes of <see cref="TokenizerPattern"/>: <c>[...]</c> with nested classes, intersections, POSIX names and properties.</summary>
internal sealed class PatternClass(string source, bool ignoreCase)
{
    private const string Word = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u24B6-\u24E9";
    private const string Space = @"\s";

    private static readonly Dictionary<string, string> Properties = new(StringComparer.OrdinalIgnoreCase)
    {
        ["letter"] = @"\p{L}", ["alpha"] = @"\p{L}\p{Nl}\p{Mn}\p{Mc}\u24B6-\u24E9", ["alphabetic"] = @"\p{L}\p{Nl}\p{Mn}\p{Mc}\u24B6-\u24E9",
        ["mark"] = @"\p{M}", ["number"] = @"\p{N}", ["digit"] = @"\p{Nd}", ["punct"] = @"\p{P}$+<=>^`|~", ["punctuation"] = @"\p{P}",
        ["symbol"] = @"\p{S}", ["separator"] = @"\p{Z}", ["other"] = @"\p{C}", ["upper"] = @"\p{Lu}", ["lower"] = @"\p{Ll}",
        ["uppercaseletter"] = @"\p{Lu}", ["lowercaseletter"] = @"\p{Ll}", ["titlecaseletter"] = @"\p{Lt}", ["modifierletter"] = @"\p{Lm}",
        ["otherletter"] = @"\p{Lo}", ["decimalnumber"] = @"\p{Nd}", ["letternumber"] = @"\p{Nl}", ["othernumber"] = @"\p{No}",
        ["space"] = Space, ["whitespace"] = Space, ["word"] = Word, ["alnum"] = @"\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}", ["xdigit"] = "0-9A-Fa-f",
        ["cntrl"] = @"\p{Cc}", ["blank"] = @"\p{Zs}\t", ["ascii"] = @"\u0000-\u007F", ["any"] = @"\s\S",
    };

    /// <summary>Reads a class whose opening bracket is at <paramref name="at"/>, and goes on after the closing one.</summary>
    /// <returns>What stands inside the brackets in .NET's syntax.</returns>
    public string Read(ref int at, int depth)
    {
        if (depth > 100)
            throw new ModelTextException("a pattern nests more than 100 deep.");
        at++;
        var inside = new StringBuilder();
        var isNegated = Take(ref at, '^');
        if (Take(ref at, ']'))
            inside.Append(@"\]");
        var subtracted = "";
        while (at < source.Length && source[at] != ']')
        {
            if (source[at] == '&' && at + 1 < source.Length && source[at + 1] == '&')
            {
                at += 2;
                subtracted = ReadIntersection(ref at, depth);
                break;
            }

            ReadMember(ref at, depth, inside);
        }

        if (at >= source.Length)
            throw new ModelTextException($"the pattern {source} has a class that is not closed.");
        at++;
        return (isNegated ? "^" : "") + inside + (subtracted.Length > 0 ? $"-[{subtracted}]" : "");
    }

    /// <summary>Reads an escape, and goes on after it.</summary>
    /// <param name="text">The pattern.</param>
    /// <param name="at">Where the backslash is.</param>
    /// <param name="isSet">Whether what is returned is the inside of a class.</param>
    /// <param name="isNegated">Whether all characters but those are meant.</param>
    public static string ReadEscape(string text, ref int at, out bool isSet, out bool isNegated)
    {
        var letter = at + 1 < text.Length ? text[at + 1] : throw new ModelTextException($"the pattern {text} ends in a backslash.");
        isSet = letter is 'p' or 'P' or 'w' or 'W' or 'h' or 'H';
        isNegated = letter is 'P' or 'W' or 'H';
        at += 2;
        switch (letter)
        {
            case 'w' or 'W': return Word;
            case 'h' or 'H': return "0-9A-Fa-f";
            case 'R': return @"(?>\r\n|[\n-\r\u0085\u2028\u2029])";
            case 'p' or 'P': return ReadProperty(text, ref at, ref isNegated);
            case 'x' when at < text.Length && text[at] == '{':
                var end = text.IndexOf('}', at);
                if (end < 0 || !int.TryParse(text.AsSpan(at + 1, end - at - 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var code) || code > 0xFFFF)
                    throw new ModelTextException($"the pattern {text} has an escape \\x{{}} that is not supported.");
                at = end + 1;
                return $"\\u{code:X4}";
            default: return $"\\{letter}";
        }
    }

    private static string ReadProperty(string text, ref int at, ref bool isNegated)
    {
        string name;
        if (at < text.Length && text[at] == '{')
        {
            var end = text.IndexOf('}', at);
            name = end < 0 ? throw new ModelTextException($"the pattern {text} has a property that is not closed.") : text[(at + 1)..end];
            at = end + 1;
        }
        else
        {
            name = at < text.Length ? text[at++].ToString() : throw new ModelTextException($"the pattern {text} ends in a property without a name.");
        }

        if (name.StartsWith('^'))
        {
            isNegated = !isNegated;
            name = name[1..];
        }

        var plain = name.Replace("_", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
        plain = plain[(plain.IndexOf('=') + 1)..];
        return Properties.GetValueOrDefault(plain)
            ?? (plain.Length <= 2 ? $"\\p{{{char.ToUpperInvariant(plain.Length > 0 ? plain[0] : ' ')}{plain[Math.Min(1, plain.Length)..].ToLowerInvariant()}}}" : null)
            ?? UnicodeScripts.Instance.ClassOf(plain)
            ?? throw new ModelTextException($"the pattern {text} names the property '{name}', which is not known.");
    }

    private bool Take(ref int at, char character)
    {
        if (at >= source.Length || source[at] != character)
            return false;
        at++;
        return true;
    }

    // "A && [^B]" is A without B; "A && [B]" is A without what is not B.
    private string ReadIntersection(ref int at, int depth)
    {
        if (at >= source.Length || source[at] != '[')
            throw new ModelTextException($"the pattern {source} has an intersection that is not supported: a class in brackets must follow &&.");
        var other = Read(ref at, depth + 1);
        if (at < source.Length && source[at] != ']')
            throw new ModelTextException($"the pattern {source} has an intersection that is not supported: a class in brackets must end the class.");
        return other.StartsWith('^') ? other[1..] : "^" + other;
    }

    private void ReadMember(ref int at, int depth, StringBuilder inside)
    {
        if (source[at] == '[')
        {
            if (at + 1 < source.Length && source[at + 1] == ':' && source.IndexOf(":]", at, StringComparison.Ordinal) is var close and > 0)
            {
                inside.Append(Properties.GetValueOrDefault(source[(at + 2)..close]) ?? throw new ModelTextException($"the pattern {source} has the class {source[at..(close + 2)]}, which is not known."));
                at = close + 2;
                return;
            }

            var nested = Read(ref at, depth + 1);
            inside.Append(nested.StartsWith('^') || nested.Contains("-[", StringComparison.Ordinal) ? throw new ModelTextException($"the pattern {source} has a class inside a class that is not supported.") : nested);
            return;
        }

        if (source[at] == '\\')
        {
            var escape = ReadEscape(source, ref at, out var isSet, out var isNegated);
            inside.Append(isSet && isNegated ? Negate(escape) : escape);
            return;
        }

        if (ignoreCase && (source[at] is 's' or 'S'))
            inside.Append('\u017F');
        inside.Append(source[at]);
        at++;
    }

    private string Negate(string escape) => escape switch
    {
        Word => @"\W",
        _ when escape.StartsWith(@"\p{", StringComparison.Ordinal) && escape.IndexOf('}') == escape.Length - 1 => @"\P" + escape[2..],
        _ => throw new ModelTextException($"the pattern {source} has a negated set inside a class that is not supported."),
    };
}
