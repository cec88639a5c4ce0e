using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>Python's ways to take a text apart.</summary>
internal static class TextSplitting
{
    /// <summary><c>split</c> and <c>rsplit</c>: at a separator, or at runs of white space where it is none.</summary>
    public static JinjaValue Split(TextValue text, CallArguments arguments, bool fromRight, JinjaContext context)
    {
        var most = arguments.Find(1, "maxsplit") is { } limit ? JinjaValues.ToIndex(limit) : -1;
        var parts = arguments.Find(0, "sep") switch
        {
            null or NoneValue => AtSpace(text.Value, most, fromRight),
            TextValue { Value.Length: 0 } => throw new ChatTemplateException("empty separator"),
            TextValue separator => fromRight ? FromRight(text.Value, separator.Value, most) : FromLeft(text.Value, separator.Value, most),
            UndefinedValue undefined => throw undefined.Error(),
            var other => throw new ChatTemplateException($"must be str or None, not {other.TypeName}"),
        };
        return List(parts, text, context);
    }

    /// <summary><c>splitlines</c>.</summary>
    public static JinjaValue SplitLines(TextValue text, bool keepEnds, JinjaContext context) => List(Lines(text.Value, keepEnds), text, context);

    /// <summary>The lines of a text, ended by any of Unicode's line ends.</summary>
    public static List<string> Lines(string text, bool keepEnds)
    {
        var lines = new List<string>();
        var start = 0;
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] is not ('\n' or '\r' or '\v' or '\f' or '\u001C' or '\u001D' or '\u001E' or '\u0085' or '\u2028' or '\u2029'))
                continue;
            var end = text[at] == '\r' && at + 1 < text.Length && text[at + 1] == '\n' ? at + 2 : at + 1;
            lines.Add(text[start..(keepEnds ? end : at)]);
            start = end;
            at = end - 1;
        }

        if (start < text.Length)
            lines.Add(text[start..]);
        return lines;
    }

    /// <summary><c>partition</c> and <c>rpartition</c>: what is before, the separator, what is after.</summary>
    public static JinjaValue Partition(TextValue whole, string separator, bool fromRight)
    {
        if (separator.Length == 0)
            throw new ChatTemplateException("empty separator");
        var text = whole.Value;
        var at = fromRight ? text.LastIndexOf(separator, StringComparison.Ordinal) : text.IndexOf(separator, StringComparison.Ordinal);
        string[] parts = at >= 0 ? [text[..at], separator, text[(at + separator.Length)..]] : fromRight ? ["", "", text] : [text, "", ""];
        return new ListValue([.. parts.Select(part => new TextValue(part, whole.IsSafe))], isTuple: true);
    }

    private static ListValue List(List<string> parts, TextValue text, JinjaContext context)
    {
        context.Budget.SpendList(parts.Count);
        return new ListValue([.. parts.Select(part => new TextValue(part, text.IsSafe))]);
    }

    private static List<string> FromLeft(string text, string separator, int most) =>
        [.. most < 0 ? text.Split(separator) : text.Split(separator, most == int.MaxValue ? most : most + 1)];

    private static List<string> FromRight(string text, string separator, int most)
    {
        var parts = new List<string>();
        var end = text.Length;
        while (most < 0 || parts.Count < most)
        {
            var at = text.AsSpan(0, end).LastIndexOf(separator, StringComparison.Ordinal);
            if (at < 0)
                break;
            parts.Add(text[(at + separator.Length)..end]);
            end = at;
        }

        parts.Add(text[..end]);
        parts.Reverse();
        return parts;
    }

    private static List<string> AtSpace(string text, int most, bool fromRight)
    {
        if (fromRight)
        {
            // The same on the text turned around.
            var turned = AtSpace(Turned(text), most, fromRight: false).ConvertAll(Turned);
            turned.Reverse();
            return turned;
        }

        var words = new List<string>();
        for (var at = 0; ;)
        {
            while (at < text.Length && PythonSpace.Is(text[at]))
                at++;
            if (at == text.Length)
                return words;
            var start = at;
            while (at < text.Length && (words.Count == most || !PythonSpace.Is(text[at])))
                at++;
            words.Add(text[start..at]);
        }
    }

    private static string Turned(string text) => string.Create(text.Length, text, (turned, original) =>
    {
        original.CopyTo(turned);
        turned.Reverse();
    });
}
