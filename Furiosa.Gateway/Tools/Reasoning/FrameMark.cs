using System.Text.RegularExpressions;

namespace Furiosa.Gateway.Tools.Reasoning;

/// <summary>A text, or two with a name between them, that says what follows it and is itself no part of an answer.</summary>
internal sealed partial class FrameMark
{
    private const int LongestName = 128;

    private FrameMark(string before, string after, bool isReasoning, bool isKept) => (Before, After, IsReasoning, IsKept) = (before, after, isReasoning, isKept);

    /// <summary>The text, or the first of two.</summary>
    public string Before { get; }

    /// <summary>The second of two texts with a name between them, else empty.</summary>
    public string After { get; }

    /// <summary>Whether reasoning follows.</summary>
    public bool IsReasoning { get; }

    /// <summary>Whether the mark is content all the same, since the tool-call parser reads it.</summary>
    public bool IsKept { get; }

    /// <summary>Its text where that is always the same, else empty.</summary>
    public string Fixed => After.Length == 0 ? Before : "";

    /// <summary>The special tokens that it may be made of.</summary>
    public IEnumerable<string> Tokens => SpecialToken().Matches(Before + "\n" + After).Select(match => match.Value);

    public static FrameMark Reasoning(string text) => new(text, "", true, false);

    public static FrameMark Content(string text, string after = "") => new(text, after, false, false);

    public static FrameMark Kept(string text, string after) => new(text, after, false, true);

    /// <summary>Whether a text is the mark (true), may become it (null), or is something else.</summary>
    public bool? Fits(ReadOnlySpan<char> text)
    {
        if (text.Length < Before.Length || After.Length == 0)
            return text.SequenceEqual(Before) ? true : Before.AsSpan().StartsWith(text, StringComparison.Ordinal) ? null : false;
        if (!text.StartsWith(Before, StringComparison.Ordinal))
            return false;
        var rest = text[Before.Length..];
        var name = 0;
        while (name < rest.Length && (char.IsAsciiLetterOrDigit(rest[name]) || rest[name] is '_' or '-' or '.' or ':'))
            name++;
        if (name > LongestName || (name == 0 && rest.Length > 0))
            return false;
        rest = rest[name..];
        return rest.SequenceEqual(After) ? true : After.AsSpan().StartsWith(rest, StringComparison.Ordinal) ? null : false;
    }

    [GeneratedRegex(@"<\|[^|<>]+\|>", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SpecialToken();
}
