using System.Text;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>The methods of Python's str.</summary>
internal static class TextMethods
{
    private static readonly Dictionary<string, Func<string, CallArguments, JinjaContext, JinjaValue>> Methods = new(StringComparer.Ordinal)
    {
        ["capitalize"] = (text, _, _) => new TextValue(TextFilters.Capitalize(text)),
        ["casefold"] = (text, _, _) => new TextValue(text.ToLowerInvariant()),
        ["lower"] = (text, _, _) => new TextValue(text.ToLowerInvariant()),
        ["upper"] = (text, _, _) => new TextValue(text.ToUpperInvariant()),
        ["title"] = (text, _, _) => new TextValue(Title(text)),
        ["swapcase"] = (text, _, _) => new TextValue(string.Concat(text.Select(c => char.IsUpper(c) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c)))),
        ["strip"] = (text, arguments, _) => new TextValue(Strip(text, arguments.Find(0, "chars"), true, true)),
        ["lstrip"] = (text, arguments, _) => new TextValue(Strip(text, arguments.Find(0, "chars"), true, false)),
        ["rstrip"] = (text, arguments, _) => new TextValue(Strip(text, arguments.Find(0, "chars"), false, true)),
        ["split"] = (text, arguments, context) => TextSplitting.Split(text, arguments, fromRight: false, context),
        ["rsplit"] = (text, arguments, context) => TextSplitting.Split(text, arguments, fromRight: true, context),
        ["splitlines"] = (text, arguments, context) => TextSplitting.SplitLines(text, arguments.Find(0, "keepends")?.Truth ?? false, context),
        ["partition"] = (text, arguments, _) => TextSplitting.Partition(text, Argument(arguments, 0, "partition"), fromRight: false),
        ["rpartition"] = (text, arguments, _) => TextSplitting.Partition(text, Argument(arguments, 0, "rpartition"), fromRight: true),
        ["startswith"] = (text, arguments, _) => Any(arguments, "startswith", part => text.StartsWith(part, StringComparison.Ordinal)),
        ["endswith"] = (text, arguments, _) => Any(arguments, "endswith", part => text.EndsWith(part, StringComparison.Ordinal)),
        ["removeprefix"] = (text, arguments, _) => new TextValue(Argument(arguments, 0, "removeprefix") is var part && text.StartsWith(part, StringComparison.Ordinal) ? text[part.Length..] : text),
        ["removesuffix"] = (text, arguments, _) => new TextValue(Argument(arguments, 0, "removesuffix") is var part && text.EndsWith(part, StringComparison.Ordinal) ? text[..^part.Length] : text),
        ["replace"] = (text, arguments, context) => new TextValue(Replace(text, Argument(arguments, 0, "replace"), Argument(arguments, 1, "replace"), arguments.Find(2, "count"), context)),
        ["find"] = (text, arguments, _) => Index(text, text.IndexOf(Argument(arguments, 0, "find"), StringComparison.Ordinal)),
        ["rfind"] = (text, arguments, _) => Index(text, text.LastIndexOf(Argument(arguments, 0, "rfind"), StringComparison.Ordinal)),
        ["index"] = (text, arguments, _) => Index(text, Found(text.IndexOf(Argument(arguments, 0, "index"), StringComparison.Ordinal))),
        ["rindex"] = (text, arguments, _) => Index(text, Found(text.LastIndexOf(Argument(arguments, 0, "rindex"), StringComparison.Ordinal))),
        ["count"] = (text, arguments, _) => new IntegerValue(Count(text, Argument(arguments, 0, "count"))),
        ["join"] = (text, arguments, context) => SequenceFilters.JoinTexts(text, arguments.Require(0, "iterable", "join"), context),
        ["format"] = (text, arguments, context) => new TextValue(TextFormat.Braces(text, arguments, context)),
        ["zfill"] = (text, arguments, context) => Pad(text, arguments, context, (value, missing) => value.StartsWith('-') ? "-" + new string('0', missing) + value[1..] : new string('0', missing) + value),
        ["ljust"] = (text, arguments, context) => Pad(text, arguments, context, (value, missing) => value + new string(Fill(arguments), missing)),
        ["rjust"] = (text, arguments, context) => Pad(text, arguments, context, (value, missing) => new string(Fill(arguments), missing) + value),
        ["center"] = (text, arguments, context) => Pad(text, arguments, context, (value, missing) => new string(Fill(arguments), missing / 2) + value + new string(Fill(arguments), missing - (missing / 2))),
        ["isalpha"] = (text, _, _) => All(text, Rune.IsLetter),
        ["isdigit"] = (text, _, _) => All(text, Rune.IsDigit),
        ["isdecimal"] = (text, _, _) => All(text, Rune.IsDigit),
        ["isnumeric"] = (text, _, _) => All(text, Rune.IsNumber),
        ["isalnum"] = (text, _, _) => All(text, Rune.IsLetterOrDigit),
        ["isspace"] = (text, _, _) => All(text, Rune.IsWhiteSpace),
        ["isascii"] = (text, _, _) => BooleanValue.Of(Ascii.IsValid(text)),
        ["isupper"] = (text, _, _) => BooleanValue.Of(text.Any(char.IsUpper) && !text.Any(char.IsLower)),
        ["islower"] = (text, _, _) => BooleanValue.Of(text.Any(char.IsLower) && !text.Any(char.IsUpper)),
    };

    /// <summary>The method of that name bound to a text, or null.</summary>
    public static JinjaValue? Find(TextValue text, string name) => Methods.TryGetValue(name, out var method)
        ? new FunctionValue(name, (arguments, context) =>
        {
            context.Budget.SpendText(text.Value.Length);
            return method(text.Value, arguments, context);
        })
        : null;

    /// <summary>A text without characters (white space where <paramref name="characters"/> is none) at its ends.</summary>
    public static string Strip(string text, JinjaValue? characters, bool left, bool right)
    {
        var set = characters is TextValue given ? given.Value.ToCharArray() : null;
        if (left)
            text = set == null ? text.TrimStart() : set.Length == 0 ? text : text.TrimStart(set);
        if (right)
            text = set == null ? text.TrimEnd() : set.Length == 0 ? text : text.TrimEnd(set);
        return text;
    }

    /// <summary>Every word with a capital first letter, words ending where letters do.</summary>
    public static string Title(string text)
    {
        var result = new StringBuilder(text.Length);
        var inWord = false;
        foreach (var character in text)
        {
            result.Append(inWord ? char.ToLowerInvariant(character) : char.ToUpperInvariant(character));
            inWord = char.IsLetter(character);
        }

        return result.ToString();
    }

    /// <summary>A text with one part replaced by another, everywhere or so many times.</summary>
    public static string Replace(string text, string old, string replacement, JinjaValue? times, JinjaContext context)
    {
        var limit = times is null or NoneValue ? -1 : JinjaValues.ToIndex(times);
        if (limit == 0)
            return text;
        var growth = (long)Count(text, old) * Math.Max(0, replacement.Length - old.Length);
        context.Budget.SpendText(text.Length + growth);
        if (limit < 0 && old.Length > 0)
            return text.Replace(old, replacement, StringComparison.Ordinal);
        var result = new StringBuilder();
        var at = 0;
        for (var done = 0; limit < 0 || done < limit; done++)
        {
            var found = at <= text.Length ? text.IndexOf(old, at, StringComparison.Ordinal) : -1;
            if (found < 0)
                break;
            result.Append(text, at, found - at).Append(replacement);
            at = found + old.Length;
            if (old.Length > 0)
                continue;
            if (at < text.Length)
                result.Append(text[at]);
            at++;
        }

        return at < text.Length ? result.Append(text, at, text.Length - at).ToString() : result.ToString();
    }

    private static string Argument(CallArguments arguments, int position, string method) => arguments.Require(position, "string", method) switch
    {
        TextValue text => text.Value,
        UndefinedValue undefined => throw undefined.Error(),
        var other => throw new ChatTemplateException($"{method}() takes a str, not {other.TypeName}"),
    };

    private static BooleanValue Any(CallArguments arguments, string method, Func<string, bool> matches)
    {
        if (arguments.Require(0, "prefix", method) is ListValue { IsTuple: true } several)
            return BooleanValue.Of(several.Values.Any(part => part is TextValue text && matches(text.Value)));
        return BooleanValue.Of(matches(Argument(arguments, 0, method)));
    }

    // Indices count code points.
    private static IntegerValue Index(string text, int at) => new(at < 0 ? -1 : at - text.AsSpan(0, at).CountSurrogatePairs());

    private static int CountSurrogatePairs(this ReadOnlySpan<char> text)
    {
        var pairs = 0;
        foreach (var character in text)
            pairs += char.IsLowSurrogate(character) ? 1 : 0;
        return pairs;
    }

    private static int Found(int at) => at >= 0 ? at : throw new ChatTemplateException("substring not found");

    private static int Count(string text, string part) =>
        part.Length == 0 ? text.Length + 1 - text.AsSpan().CountSurrogatePairs() : text.AsSpan().Count(part);

    private static char Fill(CallArguments arguments) => arguments.Find(1, "fillchar") is TextValue { Value: [var fill] } ? fill : ' ';

    private static TextValue Pad(string text, CallArguments arguments, JinjaContext context, Func<string, int, string> pad)
    {
        var width = JinjaValues.ToIndex(arguments.Require(0, "width", "pad"));
        context.Budget.SpendText(Math.Max(width, text.Length));
        return new TextValue(pad(text, Math.Max(0, width - new TextValue(text).Length!.Value)));
    }

    private static BooleanValue All(string text, Func<Rune, bool> matches)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (!matches(rune))
                return BooleanValue.False;
        }

        return BooleanValue.Of(text.Length > 0);
    }
}
