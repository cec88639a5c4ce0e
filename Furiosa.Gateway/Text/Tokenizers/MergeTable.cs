using System.Runtime.InteropServices;

namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>The merges of a BPE model: for a pair of neighbouring token ids, the rank (lower merges first) and the id they become.</summary>
/// <remarks>
/// Why not <c>Microsoft.ML.Tokenizers.BpeTokenizer</c>: it knows neither <c>ignore_merges</c> nor byte fallback, takes well over a second
/// to build for Llama 3 (280,147 merges) and for one unbroken word of 100,000 letters. The tests hold the two against each other.
/// </remarks>
internal sealed class MergeTable
{
    // Above this many symbols a heap beats looking at every pair again after each merge.
    private const int HeapFrom = 40;

    private readonly Dictionary<long, (int Rank, int Id)> _merges;

    public MergeTable(int capacity) => _merges = new Dictionary<long, (int Rank, int Id)>(capacity);

    /// <summary>Adds one merge; a pair named twice keeps its later rank.</summary>
    public void Add(int left, int right, int rank, int id) => _merges[Key(left, right)] = (rank, id);

    /// <summary>Merges neighbours in place, always the pair of lowest rank and of equals the leftmost, until no pair has a merge.</summary>
    /// <returns>How many of <paramref name="symbols"/>, from the first, are the result.</returns>
    public int Merge(Span<int> symbols) => symbols.Length < HeapFrom ? MergeShort(symbols) : MergeLong(symbols);

    private static long Key(int left, int right) => ((long)left << 32) | (uint)right;

    private int MergeShort(Span<int> symbols)
    {
        Span<int> ranks = stackalloc int[HeapFrom];
        Span<int> merged = stackalloc int[HeapFrom];
        var count = symbols.Length;
        for (var i = 0; i + 1 < count; i++)
            Look(symbols, ranks, merged, i);

        while (count > 1)
        {
            var best = 0;
            for (var i = 1; i + 1 < count; i++)
                best = ranks[i] < ranks[best] ? i : best;
            if (ranks[best] == int.MaxValue)
                break;
            symbols[best] = merged[best];
            symbols[(best + 2)..count].CopyTo(symbols[(best + 1)..]);
            ranks[(best + 1)..(count - 1)].CopyTo(ranks[best..]);
            merged[(best + 1)..(count - 1)].CopyTo(merged[best..]);
            count--;
            if (best > 0)
                Look(symbols, ranks, merged, best - 1);
            if (best + 1 < count)
                Look(symbols, ranks, merged, best);
        }

        return count;
    }

    private void Look(Span<int> symbols, Span<int> ranks, Span<int> merged, int at)
    {
        ref var merge = ref CollectionsMarshal.GetValueRefOrNullRef(_merges, Key(symbols[at], symbols[at + 1]));
        var found = !System.Runtime.CompilerServices.Unsafe.IsNullRef(ref merge);
        ranks[at] = found ? merge.Rank : int.MaxValue;
        merged[at] = found ? merge.Id : 0;
    }

    // The same by a linked list and a heap: n symbols cost n log n. An entry is stale when its pair has changed since it was put in.
    private int MergeLong(Span<int> symbols)
    {
        const int gone = -1;
        var count = symbols.Length;
        var next = new int[count];
        var previous = new int[count];
        var queue = new PriorityQueue<(int At, int Left, int Right, int Id), (int Rank, int At)>(count);
        for (var i = 0; i < count; i++)
        {
            previous[i] = i - 1;
            next[i] = i + 1;
        }

        for (var i = 0; i + 1 < count; i++)
            Enqueue(queue, symbols, i, i + 1);
        while (queue.TryDequeue(out var pair, out _))
        {
            var at = pair.At;
            var other = next[at];
            if (symbols[at] != pair.Left || other >= count || symbols[other] != pair.Right)
                continue;
            symbols[at] = pair.Id;
            symbols[other] = gone;
            next[at] = next[other];
            if (next[at] < count)
            {
                previous[next[at]] = at;
                Enqueue(queue, symbols, at, next[at]);
            }

            if (previous[at] >= 0)
                Enqueue(queue, symbols, previous[at], at);
        }

        var kept = 0;
        for (var i = 0; i < count; i = next[i])
            symbols[kept++] = symbols[i];
        return kept;
    }

    private void Enqueue(PriorityQueue<(int At, int Left, int Right, int Id), (int Rank, int At)> queue, Span<int> symbols, int at, int other)
    {
        if (_merges.TryGetValue(Key(symbols[at], symbols[other]), out var merge))
            queue.Enqueue((at, symbols[at], symbols[other], merge.Id), (merge.Rank, at));
    }
}
