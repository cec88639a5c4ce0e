using Furiosa.Actors.Groups;

namespace Furiosa.Actors.Serialization;

/// <summary>
/// What a node has heard of the sequences whose steps another one gives to a stage of it. Both sides keep one and go through the same steps in
/// the same order, within one epoch of the group; so a step only says what has changed. Sequences are known by small numbers, which the
/// giving side hands out: when all are taken, the one that was not part of a step for longest gives way, and is told anew if it comes again.
/// </summary>
internal sealed class StepMirror
{
    /// <summary>Sequences that are known at once.</summary>
    public const int SlotCount = 1024;

    private readonly List<KnownSequence> _slots = [];
    private readonly Dictionary<long, int> _slotOf = [];
    private long _uses;

    /// <summary>The grammars that sequences follow.</summary>
    public GrammarSlots Grammars { get; } = new();

    /// <summary>On the giving side: the number of a sequence, and whether it is new.</summary>
    public int Give(long sequenceId, out bool isNew)
    {
        isNew = !_slotOf.TryGetValue(sequenceId, out var slot);
        if (isNew)
        {
            slot = _slots.Count < SlotCount ? _slots.Count : Oldest();
            if (slot < _slots.Count) _slotOf.Remove(_slots[slot].Id);
            _slotOf.Add(sequenceId, slot);
            Begin(slot, sequenceId);
        }
        _slots[slot].LastUse = ++_uses;
        return slot;
    }

    /// <summary>A number stands for another sequence from now on. False when there is no such number.</summary>
    public bool Begin(int slot, long sequenceId)
    {
        if (slot < 0 || slot > _slots.Count || slot >= SlotCount) return false;
        var known = new KnownSequence(sequenceId);
        if (slot == _slots.Count) _slots.Add(known);
        else _slots[slot] = known;
        return true;
    }

    /// <summary>The sequence of a number; null when there is none.</summary>
    public KnownSequence? Find(int slot) => (uint)slot < (uint)_slots.Count ? _slots[slot] : null;

    private int Oldest()
    {
        var oldest = 0;
        for (var slot = 1; slot < _slots.Count; slot++)
        {
            if (_slots[slot].LastUse < _slots[oldest].LastUse) oldest = slot;
        }
        return oldest;
    }
}
