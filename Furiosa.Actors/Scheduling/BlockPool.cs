namespace Furiosa.Actors.Scheduling;

/// <summary>The KV blocks of a replica, with a count of the sequences that use each. Blocks that only the prefix cache knows count as available.</summary>
internal sealed class BlockPool
{
    private readonly int[] _users;
    private readonly int[] _free;
    private readonly StatePool? _states;
    private int _freeCount;

    /// <param name="blockCount">All blocks.</param>
    /// <param name="prefixCaching">Whether full blocks stay known.</param>
    /// <param name="states">Has snapshots of known blocks; null for a model that keeps no states.</param>
    public BlockPool(int blockCount, bool prefixCaching, StatePool? states = null)
    {
        _states = states;
        _users = new int[blockCount];
        _free = new int[blockCount];
        Cache = prefixCaching ? new PrefixCache(blockCount) : null;
        FreeAll();
    }

    /// <summary>What known blocks hold; null when prefix caching is off.</summary>
    public PrefixCache? Cache { get; }

    /// <summary>All blocks.</summary>
    public int Count => _users.Length;

    /// <summary>Blocks with neither a user nor a known content.</summary>
    public int Free => _freeCount;

    /// <summary>Blocks that only the prefix cache holds.</summary>
    public int Cached => Cache?.IdleCount ?? 0;

    /// <summary>Blocks that <see cref="Take"/> can give.</summary>
    public int Available => Free + Cached;

    /// <summary>Whether more than one sequence uses the block.</summary>
    public bool IsShared(int block) => _users[block] > 1;

    /// <summary>Whether no sequence uses the block.</summary>
    public bool IsIdle(int block) => _users[block] == 0;

    /// <summary>A block for one user, its content undefined. Evicts from the prefix cache when nothing is free.</summary>
    public int Take()
    {
        if (Available == 0) throw new InvalidOperationException("The KV pool is empty: the caller did not check.");
        var block = _freeCount > 0 ? _free[--_freeCount] : Evict();
        _users[block] = 1;
        return block;
    }

    /// <summary>One more user of a block that is used or cached.</summary>
    public void Share(int block)
    {
        if (_users[block]++ == 0) Cache!.MarkUsed(block);
    }

    /// <summary>One user less.</summary>
    public void Release(int block)
    {
        if (--_users[block] > 0) return;
        if (_users[block] < 0) throw new InvalidOperationException($"Block {block} was given back twice.");
        if (Cache is not null && Cache.Holds(block)) Cache.MarkIdle(block);
        else _free[_freeCount++] = block;
    }

    /// <summary>Every block is free and unknown again, with their snapshots: the caches behind them were made anew.</summary>
    public void FreeAll()
    {
        _states?.FreeAll();
        Array.Clear(_users);
        Cache?.Clear();
        _freeCount = _free.Length;
        for (var i = 0; i < _free.Length; i++) _free[i] = _free.Length - 1 - i;
    }

    /// <summary>Compares the counts with those the sequences' tables add up to; returns what is wrong, or null.</summary>
    public string? Audit(IReadOnlyList<int> expectedUsers)
    {
        for (var block = 0; block < Count; block++)
        {
            if (_users[block] != expectedUsers[block])
                return $"block {block} has {_users[block]} users, but {expectedUsers[block]} tables name it";
        }
        var seen = new HashSet<int>();
        for (var i = 0; i < _freeCount; i++)
        {
            if (!seen.Add(_free[i]) || _users[_free[i]] != 0) return $"block {_free[i]} is free twice or in use";
        }
        foreach (var block in Cache?.Idle() ?? [])
        {
            if (!seen.Add(block) || _users[block] != 0 || !Cache!.Holds(block)) return $"block {block} is idle twice, in use or unknown";
        }
        var used = expectedUsers.Count(users => users > 0);
        return seen.Count + used == Count ? null : $"{Count - seen.Count - used} blocks are lost";
    }

    private int Evict()
    {
        var block = Cache!.Evict();
        _states?.Forget(block);
        return block;
    }
}
