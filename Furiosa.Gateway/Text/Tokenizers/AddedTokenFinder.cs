namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>Cuts text at added tokens: leftmost match first, of those at one place the longest.</summary>
internal sealed class AddedTokenFinder
{
    private readonly Dictionary<char, AddedToken[]> _byFirst;
    private readonly System.Buffers.SearchValues<char>? _firsts;

    /// <param name="tokens">The tokens with the text to look for, which is not their content where that was normalized.</param>
    public AddedTokenFinder(IEnumerable<AddedToken> tokens)
    {
        // Of two tokens with the same text the later one wins, as in Hugging Face's map.
        _byFirst = tokens.Where(token => token.Content.Length > 0)
            .GroupBy(token => token.Content, StringComparer.Ordinal).Select(same => same.Last())
            .GroupBy(token => token.Content[0])
            .ToDictionary(group => group.Key, group => group.OrderByDescending(token => token.Content.Length).ToArray());
        _firsts = _byFirst.Count == 0 ? null : System.Buffers.SearchValues.Create([.. _byFirst.Keys]);
    }

    /// <summary>Calls <paramref name="onText"/> for what lies between tokens (never empty) and <paramref name="onToken"/> for each token, in order.</summary>
    public void Cut(string text, bool parseSpecial, Action<string> onText, Action<AddedToken> onToken)
    {
        var done = 0;
        var at = 0;
        while (Find(text, at, out var start) is { } token)
        {
            var stop = start + token.Content.Length;
            at = stop;
            if ((token.Special && !parseSpecial) || (token.SingleWord && TouchesWord(text, start, stop)) || start < done)
                continue;
            while (token.LeftStrip && start > done && char.IsWhiteSpace(text[start - 1]))
                start--;
            while (token.RightStrip && stop < text.Length && char.IsWhiteSpace(text[stop]))
                stop++;
            if (start > done)
                onText(text[done..start]);
            onToken(token);
            done = stop;
        }

        if (done < text.Length)
            onText(done == 0 ? text : text[done..]);
    }

    private static bool TouchesWord(string text, int start, int stop) =>
        (start > 0 && IsWord(text[start - 1])) || (stop < text.Length && IsWord(text[stop]));

    private static bool IsWord(char value) => char.IsLetterOrDigit(value) || value == '_' || char.IsSurrogate(value) ||
        char.GetUnicodeCategory(value) is System.Globalization.UnicodeCategory.NonSpacingMark or
            System.Globalization.UnicodeCategory.SpacingCombiningMark or System.Globalization.UnicodeCategory.ConnectorPunctuation;

    private AddedToken? Find(string text, int from, out int start)
    {
        start = from;
        while (_firsts != null && start < text.Length)
        {
            var skip = text.AsSpan(start).IndexOfAny(_firsts);
            if (skip < 0)
                break;
            start += skip;
            foreach (var token in _byFirst[text[start]])
            {
                if (text.AsSpan(start).StartsWith(token.Content, StringComparison.Ordinal))
                    return token;
            }

            start++;
        }

        return null;
    }
}
