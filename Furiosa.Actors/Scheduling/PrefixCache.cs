using System.Runtime.InteropServices;

namespace Furiosa.Actors.Scheduling;

/// <summary>
/// Remembers what full blocks hold, as a forest keyed by token ids: a node is one block, named by its parent node and its own tokens.
/// Blocks that no sequence uses stand in a list, least recently used first; a sequence gives its blocks back last one first, so that
/// leaves go before their parents. Node numbers are never reused: a child whose parent was evicted is unreachable, never wrong.
/// </summary>
internal sealed class PrefixCache
{
    private const int None = -1;
    private const long Root = 0;

    private readonly Dictionary<(long Parent, ulong Hash), int> _blocks = [];
    private readonly (long Parent, ulong Hash)[] _keys;
    private readonly long[] _nodes;
    private readonly int[] _tokens;
    private readonly LeastRecent _idle;
    private long _lastNode = Root;

    public PrefixCache(int blockCount)
    {
        _keys = new (long, ulong)[blockCount];
        _nodes = new long[blockCount];
        _tokens = new int[blockCount * KvBlocks.Size];
        _idle = new LeastRecent(blockCount);
    }

    /// <summary>Blocks that could be evicted now.</summary>
    public int IdleCount => _idle.Count;

    /// <summary>Whether the block's content is known.</summary>
    public bool Holds(int block) => _nodes[block] != Root;

    /// <summary>The block that holds <paramref name="tokens"/> after <paramref name="parent"/> (-1 at the start of a sequence), or -1.</summary>
    public int Find(int parent, ReadOnlySpan<int> tokens) =>
        _blocks.TryGetValue(Key(parent, tokens), out var block) && TokensOf(block).SequenceEqual(tokens) ? block : None;

    /// <summary>Notes what a full block holds. False when another content has the same hash: the block then stays unknown.</summary>
    public bool TryAdd(int block, int parent, ReadOnlySpan<int> tokens)
    {
        var key = Key(parent, tokens);
        if (!_blocks.TryAdd(key, block)) return false;
        _keys[block] = key;
        _nodes[block] = ++_lastNode;
        tokens.CopyTo(_tokens.AsSpan(block * KvBlocks.Size));
        return true;
    }

    /// <summary>The last user of a known block has gone.</summary>
    public void MarkIdle(int block) => _idle.Add(block);

    /// <summary>An idle block is used again.</summary>
    public void MarkUsed(int block) => _idle.Remove(block);

    /// <summary>Forgets the least recently used idle block and returns it.</summary>
    public int Evict()
    {
        var block = _idle.Oldest;
        MarkUsed(block);
        _blocks.Remove(_keys[block]);
        _nodes[block] = Root;
        return block;
    }

    /// <summary>Forgets everything: the blocks' content is gone.</summary>
    public void Clear()
    {
        _blocks.Clear();
        Array.Clear(_nodes);
        _idle.Clear();
    }

    /// <summary>The idle blocks, oldest first.</summary>
    public IEnumerable<int> Idle() => _idle.Items();

    private ReadOnlySpan<int> TokensOf(int block) => _tokens.AsSpan(block * KvBlocks.Size, KvBlocks.Size);

    private (long Parent, ulong Hash) Key(int parent, ReadOnlySpan<int> tokens)
    {
        var hash = 0x9E3779B97F4A7C15UL;
        foreach (var pair in MemoryMarshal.Cast<int, ulong>(tokens))
        {
            hash = (hash ^ pair) * 0xD6E8FEB86659FD93UL;
            hash ^= hash >> 32;
        }
        return (parent == None ? Root : _nodes[parent], hash);
    }
}
