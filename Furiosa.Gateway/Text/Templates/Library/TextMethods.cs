using System.Text;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>The methods of Python's str.</summary>
internal static class TextMethods
{
    private static readonly Dictionary<string, (CallSignature Signature, Method Run)> Methods = new(StringComparer.Ordinal)
    {
        ["capitalize"] = (CallSignature.Of("/"), (text, _, _) => Like(text, TextFilters.Capitalize(text.Value))),
        ["casefold"] = (CallSignature.Of("/"), (text, _, _) => new TextValue(Casing.Fold(text.Value))),
        ["lower"] = (CallSignature.Of("/"), (text, _, _) => Like(text, text.Value.ToLowerInvariant())),
        ["upper"] = (CallSignature.Of("/"), (text, _, _) => Like(text, Casing.Upper(text.Value))),
        ["title"] = (CallSignature.Of("/"), (text, _, _) => Like(text, Title(text.Value))),
        ["swapcase"] = (CallSignature.Of("/"), (text, _, _) => Like(text, string.Concat(text.Value.Select(c => char.IsUpper(c) ? char.ToLowerInvariant(c).ToString() : Casing.Upper(c))))),
        ["strip"] = (CallSignature.Of("chars? /"), (text, arguments, _) => Like(text, Strip(text.Value, arguments.Find(0, "chars"), true, true))),
        ["lstrip"] = (CallSignature.Of("chars? /"), (text, arguments, _) => Like(text, Strip(text.Value, arguments.Find(0, "chars"), true, false))),
        ["rstrip"] = (CallSignature.Of("chars? /"), (text, arguments, _) => Like(text, Strip(text.Value, arguments.Find(0, "chars"), false, true))),
        ["split"] = (CallSignature.Of("sep? maxsplit?"), (text, arguments, context) => TextSplitting.Split(text, arguments, fromRight: false, context)),
        ["rsplit"] = (CallSignature.Of("sep? maxsplit?"), (text, arguments, context) => TextSplitting.Split(text, arguments, fromRight: true, context)),
        ["splitlines"] = (CallSignature.Of("keepends?"), (text, arguments, context) => TextSplitting.SplitLines(text, arguments.Find(0, "keepends")?.Truth ?? false, context)),
        ["partition"] = (CallSignature.Of("sep /"), (text, arguments, _) => TextSplitting.Partition(text, Argument(arguments, 0), fromRight: false)),
        ["rpartition"] = (CallSignature.Of("sep /"), (text, arguments, _) => TextSplitting.Partition(text, Argument(arguments, 0), fromRight: true)),
        ["startswith"] = (CallSignature.Of("prefix start? end? /"), (text, arguments, _) => TextSearch.Begins(text, arguments)),
        ["endswith"] = (CallSignature.Of("suffix start? end? /"), (text, arguments, _) => TextSearch.Ends(text, arguments)),
        ["removeprefix"] = (CallSignature.Of("prefix /"), (text, arguments, _) => new TextValue(Argument(arguments, 0) is var part && text.Value.StartsWith(part, StringComparison.Ordinal) ? text.Value[part.Length..] : text.Value)),
        ["removesuffix"] = (CallSignature.Of("suffix /"), (text, arguments, _) => new TextValue(Argument(arguments, 0) is var part && text.Value.EndsWith(part, StringComparison.Ordinal) ? text.Value[..^part.Length] : text.Value)),
        ["replace"] = (CallSignature.Of("old new count? /"), (text, arguments, context) => Like(text, Replace(text.Value, Argument(arguments, 0, text), Argument(arguments, 1, text), arguments.Find(2, "count"), context))),
        ["find"] = (CallSignature.Of("sub start? end? /"), (text, arguments, _) => TextSearch.Find(text, arguments, fromRight: false)),
        ["rfind"] = (CallSignature.Of("sub start? end? /"), (text, arguments, _) => TextSearch.Find(text, arguments, fromRight: true)),
        ["index"] = (CallSignature.Of("sub start? end? /"), (text, arguments, _) => TextSearch.Index(text, arguments, fromRight: false)),
        ["rindex"] = (CallSignature.Of("sub start? end? /"), (text, arguments, _) => TextSearch.Index(text, arguments, fromRight: true)),
        ["count"] = (CallSignature.Of("sub start? end? /"), (text, arguments, _) => TextSearch.Count(text, arguments)),
        ["join"] = (CallSignature.Of("iterable /"), (text, arguments, context) => SequenceFilters.JoinTexts(text, arguments.Positional[0], context)),
        ["format"] = (CallSignature.Of("*"), (text, arguments, context) => Like(text, BraceFormat.Apply(text, arguments, context))),
        ["format_map"] = (CallSignature.Of("mapping /"), (text, arguments, context) => Like(text, BraceFormat.Apply(text, ArgumentsOf(arguments.Positional[0]), context))),
        ["expandtabs"] = (CallSignature.Of("tabsize?"), (text, arguments, context) => Like(text, ExpandTabs(text.Value, arguments.Find(0, "tabsize") is { } size ? JinjaValues.ToIndex(size) : 8, context))),
        ["zfill"] = (CallSignature.Of("width /"), (text, arguments, context) => Pad(text, arguments, context, (value, missing) => value.StartsWith('-') || value.StartsWith('+') ? value[..1] + new string('0', missing) + value[1..] : new string('0', missing) + value)),
        ["ljust"] = (CallSignature.Of("width fillchar? /"), (text, arguments, context) => Pad(text, arguments, context, (value, missing) => value + Fill(arguments, missing))),
        ["rjust"] = (CallSignature.Of("width fillchar? /"), (text, arguments, context) => Pad(text, arguments, context, (value, missing) => Fill(arguments, missing) + value)),
        ["center"] = (CallSignature.Of("width fillchar? /"), (text, arguments, context) => Pad(text, arguments, context, (value, missing) =>
        {
            // Python puts the odd one to the left where the width is odd too.
            var left = (missing / 2) + (missing & JinjaValues.ToIndex(arguments.Positional[0]) & 1);
            return Fill(arguments, left) + value + Fill(arguments, missing - left);
        })),
        ["isalpha"] = (CallSignature.Of("/"), (text, _, _) => All(text.Value, Rune.IsLetter)),
        ["isdigit"] = (CallSignature.Of("/"), (text, _, _) => All(text.Value, IsDigit)),
        ["isdecimal"] = (CallSignature.Of("/"), (text, _, _) => All(text.Value, Rune.IsDigit)),
        ["isnumeric"] = (CallSignature.Of("/"), (text, _, _) => All(text.Value, IsNumeric)),
        ["isalnum"] = (CallSignature.Of("/"), (text, _, _) => All(text.Value, rune => Rune.IsLetter(rune) || IsNumeric(rune))),
        ["isspace"] = (CallSignature.Of("/"), (text, _, _) => BooleanValue.Of(text.Value.Length > 0 && text.Value.All(PythonSpace.Is))),
        ["isascii"] = (CallSignature.Of("/"), (text, _, _) => BooleanValue.Of(Ascii.IsValid(text.Value))),
        ["isprintable"] = (CallSignature.Of("/"), (text, _, _) => BooleanValue.Of(text.Value.EnumerateRunes().All(PythonText.IsPrintable))),
        ["isidentifier"] = (CallSignature.Of("/"), (text, _, _) => BooleanValue.Of(IsIdentifier(text.Value))),
        ["isupper"] = (CallSignature.Of("/"), (text, _, _) => BooleanValue.Of(text.Value.Any(char.IsUpper) && !text.Value.Any(char.IsLower))),
        ["islower"] = (CallSignature.Of("/"), (text, _, _) => BooleanValue.Of(text.Value.Any(char.IsLower) && !text.Value.Any(char.IsUpper))),
        ["istitle"] = (CallSignature.Of("/"), (text, _, _) => BooleanValue.Of(IsTitle(text.Value))),
    };

    private delegate JinjaValue Method(TextValue text, CallArguments arguments, JinjaContext context);

    /// <summary>The method of that name bound to a text, or null.</summary>
    public static JinjaValue? Find(TextValue text, string name) => Methods.TryGetValue(name, out var method)
        ? new FunctionValue(name, (arguments, context) =>
        {
            context.Budget.SpendText(text.Value.Length);
            method.Signature.Check(name, arguments);
            return method.Run(text, arguments, context);
        })
        : null;

    /// <summary>A text without characters (white space where <paramref name="characters"/> is none) at its ends.</summary>
    public static string Strip(string text, JinjaValue? characters, bool left, bool right)
    {
        if (characters is null or NoneValue)
            return PythonSpace.Trim(text, left, right);
        if (characters is not TextValue given)
            throw characters is UndefinedValue undefined ? undefined.Error() : new ChatTemplateException($"strip arg must be None or str, not {characters.TypeName}");
        var set = given.Value.EnumerateRunes().ToHashSet();
        var (from, to) = (0, text.Length);
        while (left && from < to && Rune.DecodeFromUtf16(text.AsSpan(from), out var first, out var length) == System.Buffers.OperationStatus.Done && set.Contains(first))
            from += length;
        while (right && to > from && Rune.DecodeLastFromUtf16(text.AsSpan(from, to - from), out var last, out var length) == System.Buffers.OperationStatus.Done && set.Contains(last))
            to -= length;
        return text[from..to];
    }

    /// <summary>Every word with a capital first letter, words ending where letters do.</summary>
    public static string Title(string text)
    {
        var result = new StringBuilder(text.Length);
        var inWord = false;
        foreach (var character in text)
        {
            result.Append(inWord ? char.ToLowerInvariant(character).ToString() : Casing.Title(character));
            inWord = IsCased(character);
        }

        return result.ToString();
    }

    /// <summary>A text with one part replaced by another, everywhere or so many times.</summary>
    public static string Replace(string text, string old, string replacement, JinjaValue? times, JinjaContext context)
    {
        // Jinja's filter lets the count be none; the method does not.
        var limit = times is null or NoneValue ? -1 : JinjaValues.ToIndex(times);
        if (limit == 0)
            return text;
        var growth = (long)(old.Length == 0 ? text.Length + 1 : text.AsSpan().Count(old)) * Math.Max(0, replacement.Length - old.Length);
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
            if (at < text.Length && char.IsLowSurrogate(text[at]))
                result.Append(text[at++]);
        }

        return at < text.Length ? result.Append(text, at, text.Length - at).ToString() : result.ToString();
    }

    /// <summary>An argument that must be a text; escaped where it goes into a safe one.</summary>
    public static string Argument(CallArguments arguments, int position, TextValue? into = null) => arguments.Positional[position] switch
    {
        TextValue text => into is { IsSafe: true } && !text.IsSafe ? TextFilters.EscapeHtml(text.Value) : text.Value,
        UndefinedValue undefined => throw undefined.Error(),
        var other => throw new ChatTemplateException($"must be str, not {other.TypeName}"),
    };

    private static TextValue Like(TextValue text, string result) => new(result, text.IsSafe);

    private static CallArguments ArgumentsOf(JinjaValue mapping) => mapping is MappingValue { Entries: var entries }
        ? new CallArguments([], [.. entries.Where(entry => entry.Key is TextValue).Select(entry => KeyValuePair.Create(((TextValue)entry.Key).Value, entry.Value))])
        : throw new ChatTemplateException("format_map() takes a mapping");

    private static string Fill(CallArguments arguments, int times)
    {
        var fill = arguments.Find(1, "fillchar");
        if (fill is not (null or TextValue { Length: 1 }))
            throw new ChatTemplateException("The fill character must be exactly one character long");
        return string.Concat(Enumerable.Repeat((fill as TextValue)?.Value ?? " ", times));
    }

    private static TextValue Pad(TextValue text, CallArguments arguments, JinjaContext context, Func<string, int, string> pad)
    {
        var width = JinjaValues.ToIndex(arguments.Positional[0]);
        context.Budget.SpendText(Math.Max(width, text.Value.Length));
        return Like(text, pad(text.Value, Math.Max(0, width - text.Length!.Value)));
    }

    private static string ExpandTabs(string text, int size, JinjaContext context)
    {
        context.Budget.SpendText(text.Length + ((long)text.AsSpan().Count('\t') * Math.Max(0, size)));
        var result = new StringBuilder(text.Length);
        var column = 0;
        foreach (var character in text)
        {
            if (character == '\t')
            {
                var spaces = size > 0 ? size - (column % size) : 0;
                result.Append(' ', spaces);
                column += spaces;
                continue;
            }

            result.Append(character);
            column = character is '\n' or '\r' ? 0 : char.IsLowSurrogate(character) ? column : column + 1;
        }

        return result.ToString();
    }

    private static bool IsCased(char character) =>
        char.IsUpper(character) || char.IsLower(character) || char.GetUnicodeCategory(character) == System.Globalization.UnicodeCategory.TitlecaseLetter;

    private static bool IsTitle(string text)
    {
        var (found, inWord) = (false, false);
        foreach (var character in text)
        {
            if (IsCased(character) && char.IsLower(character) != inWord)
                return false;
            inWord = IsCased(character);
            found |= inWord;
        }

        return found;
    }

    private static bool IsDigit(Rune rune) => Rune.IsDigit(rune) || (rune.IsBmp && System.Globalization.CharUnicodeInfo.GetDigitValue((char)rune.Value) >= 0);

    private static bool IsNumeric(Rune rune) => Rune.GetNumericValue(rune) != -1;

    private static bool IsIdentifier(string text) => text.Length > 0 && !char.IsAsciiDigit(text[0])
        && text.EnumerateRunes().Select((rune, at) => (rune, at)).All(item => item.rune.Value == '_' || Rune.IsLetter(item.rune) || (item.at > 0 && (Rune.IsDigit(item.rune)
            || Rune.GetUnicodeCategory(item.rune) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark or System.Globalization.UnicodeCategory.ConnectorPunctuation)));

    private static BooleanValue All(string text, Func<Rune, bool> matches) => BooleanValue.Of(text.Length > 0 && text.EnumerateRunes().All(matches));
}
