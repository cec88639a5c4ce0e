using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>Python's ways to look for a part of a text, between two indices that count code points as they do in slices.</summary>
internal static class TextSearch
{
    /// <summary><c>find</c> and <c>rfind</c>: an index, or -1.</summary>
    public static IntegerValue Find(TextValue text, CallArguments arguments, bool fromRight)
    {
        var part = TextMethods.Argument(arguments, 0);
        if (Range(text, arguments) is not var (from, to))
            return new IntegerValue(-1);
        var span = text.Value.AsSpan(from, to - from);
        var at = fromRight ? span.LastIndexOf(part, StringComparison.Ordinal) : span.IndexOf(part, StringComparison.Ordinal);
        return new IntegerValue(at < 0 ? -1 : CodePoints(text.Value.AsSpan(0, from + at)));
    }

    /// <summary><c>index</c> and <c>rindex</c>: an index.</summary>
    /// <exception cref="ChatTemplateException">The part is not there.</exception>
    public static IntegerValue Index(TextValue text, CallArguments arguments, bool fromRight) =>
        Find(text, arguments, fromRight) is { Value.Sign: >= 0 } found ? found : throw new ChatTemplateException("substring not found");

    /// <summary><c>count</c>.</summary>
    public static IntegerValue Count(TextValue text, CallArguments arguments)
    {
        var part = TextMethods.Argument(arguments, 0);
        if (Range(text, arguments) is not var (from, to))
            return new IntegerValue(0);
        var span = text.Value.AsSpan(from, to - from);
        return new IntegerValue(part.Length == 0 ? CodePoints(span) + 1 : span.Count(part));
    }

    /// <summary><c>startswith</c>, of one text or any of a tuple.</summary>
    public static BooleanValue Begins(TextValue text, CallArguments arguments) =>
        Any(text, arguments, static (part, value) => value.StartsWith(part, StringComparison.Ordinal));

    /// <summary><c>endswith</c>, of one text or any of a tuple.</summary>
    public static BooleanValue Ends(TextValue text, CallArguments arguments) =>
        Any(text, arguments, static (part, value) => value.EndsWith(part, StringComparison.Ordinal));

    private static BooleanValue Any(TextValue text, CallArguments arguments, Func<string, string, bool> matches)
    {
        var parts = arguments.Positional[0] is ListValue { IsTuple: true } several ? several.Values : [arguments.Positional[0]];
        var range = Range(text, arguments);
        var value = range is var (from, to) ? text.Value[from..to] : string.Empty;
        foreach (var part in parts)
        {
            if (part is not TextValue wanted)
                throw part is UndefinedValue undefined ? undefined.Error() : new ChatTemplateException($"first arg must be str or a tuple of str, not {part.TypeName}");
            if (range != null && matches(wanted.Value, value))
                return BooleanValue.True;
        }

        return BooleanValue.False;
    }

    // Null where the start lies behind the end: nothing is found there, not even an empty part.
    private static (int From, int To)? Range(TextValue text, CallArguments arguments)
    {
        if (arguments.Positional.Count < 2)
            return (0, text.Value.Length);
        var length = text.Length!.Value;
        var from = Bound(arguments, 1, 0);
        var to = Math.Min(Bound(arguments, 2, length), length);
        return from > to ? null : (text.Offset(from), text.Offset(to));

        int Bound(CallArguments given, int position, int otherwise)
        {
            if (position >= given.Positional.Count || given.Positional[position] is NoneValue)
                return otherwise;
            var at = JinjaValues.ToIndex(given.Positional[position]);
            return at < 0 ? (int)Math.Max(0, (long)at + length) : at;
        }
    }

    private static int CodePoints(ReadOnlySpan<char> text)
    {
        var count = text.Length;
        foreach (var character in text)
            count -= char.IsLowSurrogate(character) ? 1 : 0;
        return count;
    }
}
