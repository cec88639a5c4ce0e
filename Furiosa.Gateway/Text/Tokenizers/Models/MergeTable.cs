using System.Numerics;
using System.Runtime.CompilerServices;

namespace Furiosa.Gateway.Text.Tokenizers.Models;

/// <summary>The merges of a BPE model: for a pair of neighbouring token ids, the rank (lower merges first) and the id they become.</summary>
/// <remarks>
/// Why not <c>Microsoft.ML.Tokenizers.BpeTokenizer</c>: it knows neither <c>ignore_merges</c> nor byte fallback, takes about a second
/// to build for Llama 3 (280,147 merges) and as much for one unbroken word of 100,000 letters. The tests hold the two against each other.
/// </remarks>
internal sealed class MergeTable
{
    // From this many symbols a heap beats looking at every pair again after each merge.
    private const int HeapFrom = 40;

    private const long Empty = -1;

    // Open addressing with room to spare: a look-up is mostly one read, and a table of 280,147 merges is filled in milliseconds.
    private readonly long[] _pairs;
    private readonly (int Rank, int Id)[] _merges;
    private readonly int _mask;

    public MergeTable(int capacity)
    {
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, capacity * 2));
        _pairs = new long[size];
        _merges = new (int Rank, int Id)[size];
        _mask = size - 1;
        Array.Fill(_pairs, Empty);
    }

    /// <summary>Adds one merge, of which there may be as many as the capacity; a pair named twice keeps its later rank.</summary>
    public void Add(int left, int right, int rank, int id)
    {
        var slot = Slot(left, right);
        _pairs[slot] = Pair(left, right);
        _merges[slot] = (rank, id);
    }

    /// <summary>Merges neighbours in place, always the pair of lowest rank and of equals the leftmost, until no pair has a merge.</summary>
    /// <returns>How many of <paramref name="symbols"/>, from the first, are the result.</returns>
    public int Merge(Span<int> symbols) => symbols.Length < HeapFrom ? MergeShort(symbols) : MergeLong(symbols);

    private static long Pair(int left, int right) => ((long)left << 32) | (uint)right;

    // Where a pair is or, if it is not there, where it would be. Fibonacci hashing: the upper bits of the product depend on all bits.
    private int Slot(int left, int right)
    {
        var pair = Pair(left, right);
        var slot = (int)((ulong)pair * 0x9E3779B97F4A7C15UL >> 32) & _mask;
        while (_pairs[slot] != pair && _pairs[slot] != Empty)
            slot = (slot + 1) & _mask;
        return slot;
    }

    private bool TryFind(int left, int right, out (int Rank, int Id) merge)
    {
        var slot = Slot(left, right);
        merge = _merges[slot];
        return _pairs[slot] != Empty;
    }

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
        var found = TryFind(symbols[at], symbols[at + 1], out var merge);
        ranks[at] = found ? merge.Rank : int.MaxValue;
        merged[at] = merge.Id;
    }

    // The same by a linked list and a heap: n symbols cost n log n. An entry is a rank and a place; it is stale when the pair there has changed.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int MergeLong(Span<int> symbols)
    {
        const int gone = -1;
        var count = symbols.Length;
        var next = new int[count];
        var previous = new int[count];
        var queue = new PriorityQueue<byte, long>(count);
        for (var i = 0; i < count; i++)
        {
            previous[i] = i - 1;
            next[i] = i + 1;
        }

        for (var i = 0; i + 1 < count; i++)
            Enqueue(queue, symbols, i, i + 1);
        while (queue.TryDequeue(out _, out var entry))
        {
            var at = (int)(entry & int.MaxValue);
            var other = next[at];
            if (symbols[at] == gone || other >= count || !TryFind(symbols[at], symbols[other], out var merge) || merge.Rank != (int)(entry >> 32))
                continue;
            symbols[at] = merge.Id;
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

    private void Enqueue(PriorityQueue<byte, long> queue, Span<int> symbols, int at, int other)
    {
        if (TryFind(symbols[at], symbols[other], out var merge))
            queue.Enqueue(0, ((long)merge.Rank << 32) | (uint)at);
    }
}
