using System.Buffers;
using System.Globalization;
using System.Text;
using Furiosa.Gateway.Text.Tokenizers.Models;

namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>Cuts text at added tokens: leftmost match first, of those at one place the longest.</summary>
internal sealed class AddedTokenFinder
{
    private readonly List<AddedToken> _tokens = [];
    private readonly TextTrie _trie = new();
    private readonly SearchValues<char> _firsts;

    /// <param name="tokens">The tokens with the text to look for, which is not their content where that was normalized.</param>
    public AddedTokenFinder(IEnumerable<(string Text, AddedToken Token)> tokens)
    {
        var firsts = new HashSet<char>();
        foreach (var (text, token) in tokens)
        {
            if (text.Length == 0)
                continue;
            _trie.Add(text, _tokens.Count);
            _tokens.Add(token);
            firsts.Add(text[0]);
        }

        _firsts = SearchValues.Create([.. firsts]);
    }

    /// <summary>Calls <paramref name="onText"/> for what lies between tokens (never empty) and <paramref name="onToken"/> for each token, in order.</summary>
    /// <param name="text">The text.</param>
    /// <param name="parseSpecial">Whether special tokens are looked for.</param>
    /// <param name="onText">Takes a text and whether the whole text begins with it.</param>
    /// <param name="onToken">Takes a token.</param>
    public void Cut(string text, bool parseSpecial, Action<string, bool> onText, Action<AddedToken> onToken)
    {
        var done = 0;
        var at = 0;
        while (Find(text, at, out var start, out var stop) is { } token)
        {
            at = stop;
            if ((token.Special && !parseSpecial) || (token.SingleWord && TouchesWord(text, start, stop)))
                continue;
            while (token.LeftStrip && start > done && char.IsWhiteSpace(text[start - 1]))
                start--;
            while (token.RightStrip && stop < text.Length && char.IsWhiteSpace(text[stop]))
                stop++;
            if (start > done)
                onText(text[done..start], done == 0);
            onToken(token);
            done = stop;
        }

        if (done < text.Length)
            onText(done == 0 ? text : text[done..], done == 0);
    }

    private static bool TouchesWord(string text, int start, int stop) =>
        (Rune.DecodeLastFromUtf16(text.AsSpan(0, start), out var before, out _) == OperationStatus.Done && IsWord(before))
        || (Rune.DecodeFromUtf16(text.AsSpan(stop), out var after, out _) == OperationStatus.Done && IsWord(after));

    private static bool IsWord(Rune rune) => Rune.IsLetterOrDigit(rune) || rune.Value is 0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.ConnectorPunctuation or UnicodeCategory.LetterNumber;

    private AddedToken? Find(string text, int from, out int start, out int stop)
    {
        for (start = from, stop = from; start < text.Length; start++)
        {
            var skip = text.AsSpan(start).IndexOfAny(_firsts);
            if (skip < 0)
                return null;
            start += skip;
            var found = -1;
            for (int node = 0, at = start; at < text.Length && (node = _trie.Next(node, text[at])) >= 0; at++)
            {
                if (_trie.ValueAt(node) is >= 0 and var value)
                    (found, stop) = (value, at + 1);
            }

            if (found >= 0)
                return _tokens[found];
        }

        return null;
    }
}
