using System.Collections.Concurrent;

namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>A BPE model over one piece of text at a time (a pre-tokenizer's word). Thread-safe.</summary>
internal abstract class BpeModel
{
    // Words up to this many characters are remembered, so that running text is mostly look-ups; both limits bound the memory.
    private const int RememberedLength = 48;
    private const int RememberedWords = 32_768;

    private readonly ConcurrentDictionary<string, int[]> _remembered = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _rememberedBySpan;
    private int _rememberedCount;

    protected BpeModel() => _rememberedBySpan = _remembered.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Adds the ids of one piece.</summary>
    public void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (piece.Length > RememberedLength)
        {
            ids.AddRange(Compute(piece));
            return;
        }

        if (!_rememberedBySpan.TryGetValue(piece, out var known))
        {
            known = Compute(piece);
            Remember(piece, known);
        }

        ids.AddRange(known);
    }

    /// <summary>The bytes that a token of the vocabulary stands for.</summary>
    public abstract byte[] ToBytes(string token);

    /// <summary>The ids of one piece, worked out anew.</summary>
    protected abstract int[] Compute(ReadOnlySpan<char> piece);

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
