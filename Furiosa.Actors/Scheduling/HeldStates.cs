namespace Furiosa.Actors.Scheduling;

/// <summary>The slots of states that a sequence holds; none for a model that keeps no states. It is a user of each of them, once.</summary>
internal sealed class HeldStates
{
    public const int None = -1;

    /// <summary>Has the state after the positions that are computed; none before the first.</summary>
    public int Current { get; set; } = None;

    /// <summary>Takes the state after the step under way, or the next one; may be <see cref="Current"/> while one is under way.</summary>
    public int Next { get; set; } = None;

    /// <summary>Takes the state after some rows of the step under way.</summary>
    public int Mark { get; set; } = None;

    /// <summary>How many positions that is after.</summary>
    public int MarkedPosition { get; set; }

    /// <summary>The block with the newest snapshot of what the sequence generated. It is one of the sequence's own blocks, so it stays what it is.</summary>
    public int NewestBlock { get; set; } = None;

    /// <summary>Where what the prefix cache knows of a prompt ends, though there was no state to go on from: others may begin alike. 0 for nowhere.</summary>
    public int Fork { get; set; }

    /// <summary>Forgets all of it.</summary>
    public void Clear() => (Current, Next, Mark, NewestBlock, Fork) = (None, None, None, None, 0);

    /// <summary>The slots, each once.</summary>
    public IEnumerable<int> Slots()
    {
        if (Current >= 0) yield return Current;
        if (Next >= 0 && Next != Current) yield return Next;
        if (Mark >= 0) yield return Mark;
    }
}
