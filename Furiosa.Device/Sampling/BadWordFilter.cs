using System.Collections.Concurrent;
using System.Text;
using Furiosa.Device.Grammar;

namespace Furiosa.Device.Sampling;

/// <summary>
/// Rules out every token that would complete a forbidden byte string, however the string is cut into tokens. A word that lies within
/// one token is found once and remembered; one that began in the output before is completed by tokens that begin with its rest,
/// which stand together in the sorted vocabulary. Thread-safe.
/// </summary>
internal sealed class BadWordFilter
{
    private const int MostRemembered = 4096;

    private readonly VocabularyBytes _tokens;
    private readonly int[] _sorted;
    private readonly ConcurrentDictionary<string, int[]> _holders = new(StringComparer.Ordinal);

    /// <summary>Sorts a vocabulary.</summary>
    /// <param name="tokenBytes">For each id what it stands for in a text; empty for special tokens, which are no text.</param>
    public BadWordFilter(IReadOnlyList<byte[]> tokenBytes)
    {
        _tokens = new VocabularyBytes(tokenBytes);
        _sorted = [.. Enumerable.Range(0, _tokens.Count).Where(id => _tokens[id].Length > 0)];
        Array.Sort(_sorted, (left, right) => _tokens[left].SequenceCompareTo(_tokens[right]));
    }

    /// <summary>Sets the scores of tokens that would complete a word to minus infinity.</summary>
    /// <param name="row">A score for each id.</param>
    /// <param name="words">The forbidden byte strings, none of them empty.</param>
    /// <param name="generatedIds">The output so far.</param>
    public void Apply(Span<float> row, IReadOnlyList<byte[]> words, ReadOnlySpan<int> generatedIds)
    {
        var tail = Tail(generatedIds, words.Max(word => word.Length) - 1);
        foreach (var word in words)
        {
            foreach (var id in _holders.GetOrAdd(Key(word), _ => Holders(word))) Ban(row, id);
            for (var begun = 1; begun < word.Length; begun++)
            {
                if (tail.AsSpan().EndsWith(word.AsSpan(0, begun))) BanBeginningWith(row, word.AsSpan(begun));
            }
        }

        if (_holders.Count > MostRemembered) _holders.Clear();
    }

    private static string Key(byte[] word) => Encoding.Latin1.GetString(word);

    private static void Ban(Span<float> row, int id)
    {
        if ((uint)id < (uint)row.Length) row[id] = float.NegativeInfinity;
    }

    private int[] Holders(byte[] word) => [.. _sorted.Where(id => _tokens[id].IndexOf(word) >= 0)];

    // The last bytes of the output.
    private byte[] Tail(ReadOnlySpan<int> ids, int length)
    {
        var tail = new byte[length];
        var left = length;
        for (var i = ids.Length - 1; i >= 0 && left > 0; i--)
        {
            if ((uint)ids[i] >= (uint)_tokens.Count) continue;
            var bytes = _tokens[ids[i]];
            var taken = Math.Min(left, bytes.Length);
            bytes[^taken..].CopyTo(tail.AsSpan(left - taken));
            left -= taken;
        }

        return tail[left..];
    }

    private void BanBeginningWith(Span<float> row, ReadOnlySpan<byte> rest)
    {
        var (low, high) = (0, _sorted.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_tokens[_sorted[middle]].SequenceCompareTo(rest) < 0) low = middle + 1;
            else high = middle;
        }

        for (; low < _sorted.Length && _tokens[_sorted[low]].StartsWith(rest); low++) Ban(row, _sorted[low]);
    }
}
