namespace Furiosa.Gateway.Text.Tokenizers.Models;

/// <summary>The longest token that a word begins with, then the longest that goes on, and so forth (BERT).</summary>
/// <param name="vocabulary">Token to id.</param>
/// <param name="unknownId">The token for a word that cannot be written so.</param>
/// <param name="prefix">What tokens inside a word begin with.</param>
/// <param name="longestWord">Words of more characters are unknown.</param>
internal sealed class WordPieceModel(Vocabulary vocabulary, int unknownId, string prefix, int longestWord) : SubwordModel
{
    private readonly TextTrie _trie = TextTrie.Of(vocabulary);

    /// <inheritdoc/>
    protected override void Compute(ReadOnlySpan<char> piece, List<int> ids)
    {
        var count = 0;
        foreach (var character in piece)
            count += char.IsLowSurrogate(character) ? 0 : 1;
        var first = ids.Count;
        for (var start = 0; start < piece.Length;)
        {
            if (count > longestWord || Longest(piece[start..], start > 0) is not { } found)
            {
                ids.RemoveRange(first, ids.Count - first);
                ids.Add(unknownId);
                return;
            }

            ids.Add(found.Id);
            start += found.Length;
        }
    }

    private (int Id, int Length)? Longest(ReadOnlySpan<char> rest, bool isInside)
    {
        var node = 0;
        for (var at = 0; isInside && at < prefix.Length && node >= 0; at++)
            node = _trie.Next(node, prefix[at]);
        (int Id, int Length)? found = null;
        for (var at = 0; at < rest.Length && node >= 0; at++)
        {
            node = _trie.Next(node, rest[at]);
            if (node >= 0 && _trie.ValueAt(node) is >= 0 and var id)
                found = (id, at + 1);
        }

        return found;
    }
}
