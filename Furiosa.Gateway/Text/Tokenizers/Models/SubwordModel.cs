using System.Collections.Concurrent;

namespace Furiosa.Gateway.Text.Tokenizers.Models;

/// <summary>What turns one piece of text (a pre-tokenizer's word) into ids. Thread-safe.</summary>
internal abstract class SubwordModel
{
    // Words up to this many characters are remembered, so that running text is mostly look-ups; both limits bound the memory.
    private const int RememberedLength = 48;
    private const int RememberedWords = 32_768;

    private readonly ConcurrentDictionary<string, int[]> _remembered = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _rememberedBySpan;
    private int _rememberedCount;

    protected SubwordModel() => _rememberedBySpan = _remembered.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Adds the ids of one piece.</summary>
    public void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (piece.IsEmpty)
            return;
        if (piece.Length > RememberedLength)
        {
            Compute(piece, ids);
            return;
        }

        if (!_rememberedBySpan.TryGetValue(piece, out var known))
        {
            var made = new List<int>();
            Compute(piece, made);
            known = [.. made];
            Remember(piece, known);
        }

        if (known.Length == 1)
            ids.Add(known[0]);
        else
            ids.AddRange(known.AsSpan());
    }

    /// <summary>Adds the ids of one piece, worked out anew.</summary>
    protected abstract void Compute(ReadOnlySpan<char> piece, List<int> ids);

    private void Remember(ReadOnlySpan<char> piece, int[] ids)
    {
        if (Interlocked.Increment(ref _rememberedCount) > RememberedWords)
        {
            _remembered.Clear();
            Volatile.Write(ref _rememberedCount, 1);
        }

        _rememberedBySpan[piece] = ids;
    }
}
