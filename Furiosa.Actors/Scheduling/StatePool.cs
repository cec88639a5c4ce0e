using System.Numerics;

namespace Furiosa.Actors.Scheduling;

/// <summary>
/// The slots of a replica's states, with a count of the sequences that use each. A slot may be kept as the snapshot of a KV block: the state after
/// that block's last position, on the path of tokens that the prefix cache knows the block by. Snapshots that no sequence uses count as available,
/// least recently used first. Of free slots the lowest is given, since the system gives memory only to those that were ever written.
/// </summary>
internal sealed class StatePool
{
    private const int None = -1;

    private readonly int[] _users;
    private readonly int[] _blocks;
    private readonly ulong[] _free;
    private readonly LeastRecent _idle;
    private readonly Dictionary<int, int> _slots;

    public StatePool(int slotCount)
    {
        _users = new int[slotCount];
        _blocks = new int[slotCount];
        _free = new ulong[(slotCount + 63) / 64];
        _idle = new LeastRecent(slotCount);
        _slots = new Dictionary<int, int>(slotCount);
        FreeAll();
    }

    /// <summary>All slots.</summary>
    public int Count => _users.Length;

    /// <summary>Slots with neither a user nor a block that they are the snapshot of.</summary>
    public int Free { get; private set; }

    /// <summary>Snapshots without a user.</summary>
    public int Idle => _idle.Count;

    /// <summary>Slots that <see cref="Take"/> can give.</summary>
    public int Available => Free + Idle;

    /// <summary>Whether more than one sequence uses the slot.</summary>
    public bool IsShared(int slot) => _users[slot] > 1;

    /// <summary>Whether the slot is a block's snapshot.</summary>
    public bool IsSnapshot(int slot) => _blocks[slot] != None;

    /// <summary>The snapshot of a block, or -1.</summary>
    public int Find(int block) => _slots.GetValueOrDefault(block, None);

    /// <summary>A slot for one user, its content undefined. Gives up a snapshot when nothing is free.</summary>
    public int Take()
    {
        if (Available == 0) throw new InvalidOperationException("There is no slot for a state: the caller did not check.");
        if (Free == 0) Drop(_idle.Oldest);
        var word = 0;
        while (_free[word] == 0) word++;
        var slot = (word * 64) + BitOperations.TrailingZeroCount(_free[word]);
        _free[word] &= _free[word] - 1;
        Free--;
        _users[slot] = 1;
        return slot;
    }

    /// <summary>One more user of a slot that is used or a snapshot.</summary>
    public void Share(int slot)
    {
        if (_users[slot]++ == 0) _idle.Remove(slot);
    }

    /// <summary>One user less.</summary>
    public void Release(int slot)
    {
        if (--_users[slot] > 0) return;
        if (_users[slot] < 0) throw new InvalidOperationException($"State {slot} was given back twice.");
        if (IsSnapshot(slot)) _idle.Add(slot);
        else MarkFree(slot);
    }

    /// <summary>Makes a used slot the snapshot of a block. False when the block has one.</summary>
    public bool TryKeep(int slot, int block)
    {
        if (IsSnapshot(slot) || !_slots.TryAdd(block, slot)) return false;
        _blocks[slot] = block;
        return true;
    }

    /// <summary>The slot is no snapshot any more, if it was one.</summary>
    public void Drop(int slot)
    {
        if (!IsSnapshot(slot)) return;
        _slots.Remove(_blocks[slot]);
        _blocks[slot] = None;
        if (_users[slot] > 0) return;
        _idle.Remove(slot);
        MarkFree(slot);
    }

    /// <summary>Gives up a block's snapshot, if it has one that no sequence uses.</summary>
    public void DropIdle(int block)
    {
        if (Find(block) is var slot and not None && _users[slot] == 0) Drop(slot);
    }

    /// <summary>The prefix cache has forgotten a block, and so nobody finds its snapshot.</summary>
    public void Forget(int block)
    {
        if (Find(block) is var slot and not None) Drop(slot);
    }

    /// <summary>Every slot is free: the states behind them were made anew.</summary>
    public void FreeAll()
    {
        Array.Clear(_users);
        Array.Fill(_blocks, None);
        Array.Clear(_free);
        _idle.Clear();
        _slots.Clear();
        Free = 0;
        for (var slot = 0; slot < Count; slot++) MarkFree(slot);
    }

    /// <summary>Compares the counts with what the sequences hold; returns what is wrong, or null.</summary>
    /// <param name="expectedUsers">Of each slot.</param>
    /// <param name="cache">Knows the blocks of snapshots; null where there are none.</param>
    public string? Audit(IReadOnlyList<int> expectedUsers, PrefixCache? cache)
    {
        var idle = _idle.Items().ToHashSet();
        if (idle.Count != Idle) return "a snapshot is idle twice";
        var free = 0;
        for (var slot = 0; slot < Count; slot++)
        {
            var isFree = (_free[slot / 64] >> (slot % 64) & 1) != 0;
            free += isFree ? 1 : 0;
            if (_users[slot] != expectedUsers[slot]) return $"state {slot} has {_users[slot]} users, but {expectedUsers[slot]} sequences hold it";
            if (isFree != (_users[slot] == 0 && !IsSnapshot(slot))) return $"state {slot} is free and in use, or lost";
            if (idle.Contains(slot) != (_users[slot] == 0 && IsSnapshot(slot))) return $"state {slot} is idle and in use, or a lost snapshot";
            if (IsSnapshot(slot) && (Find(_blocks[slot]) != slot || cache?.Holds(_blocks[slot]) != true)) return $"state {slot} is the snapshot of a block that is not known";
        }
        return free == Free && _slots.Count == _blocks.Count(block => block != None) ? null : "free states or snapshots are counted wrong";
    }

    private void MarkFree(int slot)
    {
        _free[slot / 64] |= 1UL << (slot % 64);
        Free++;
    }
}
