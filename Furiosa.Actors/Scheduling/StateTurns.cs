using Furiosa.Device.Execution;

namespace Furiosa.Actors.Scheduling;

/// <summary>
/// Gives each sequence the slots that its next step reads and writes. No step is there to copy: one goes on in the slot it reads only while no
/// other sequence reads it and it is no snapshot; else it writes another. So forks, beams and snapshots come about by themselves. A slot that is
/// given back while a step under way writes it may be given out at once: steps run in order.
/// </summary>
internal sealed class StateTurns(StatePool pool, PrefixCache? cache)
{
    public StatePool Pool => pool;

    /// <summary>Whether a sequence could go on from a block: with its keys and values there is the state.</summary>
    public bool CanGoOnFrom(int block) => pool.Find(block) >= 0;

    /// <summary>Gives a sequence that is admitted what it goes on from and what its first step writes; there is a slot available.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="matched">The known blocks that it goes on from.</param>
    /// <param name="known">Positions of all that are known, usable or not.</param>
    public void Admit(Sequence sequence, ReadOnlySpan<int> matched, int known)
    {
        var held = sequence.States;
        if (known > matched.Length * KvBlocks.Size) held.Fork = known;
        if (!matched.IsEmpty)
        {
            held.Current = pool.Find(matched[^1]);
            pool.Share(held.Current);
            if (pool.Available == 0)
            {
                // The snapshot itself was the last one.
                pool.Drop(held.Current);
                return;
            }
        }
        held.Next = pool.Take();
    }

    /// <summary>Makes sure that the next step has a slot to write; false when there is none now.</summary>
    public bool TryProvide(Sequence sequence)
    {
        var held = sequence.States;
        if (held.Next >= 0 || !(pool.IsShared(held.Current) || pool.IsSnapshot(held.Current))) return true;
        if (pool.Available > 0)
        {
            held.Next = pool.Take();
            return true;
        }
        if (pool.IsShared(held.Current)) return false;
        pool.Drop(held.Current);
        return true;
    }

    /// <summary>The slots of the sequence's next step, which has so many rows. Of a prompt the state at its last boundary of blocks is kept, if there is room.</summary>
    public SliceStates Begin(Sequence sequence, int count)
    {
        var held = sequence.States;
        if (held.Next < 0) held.Next = held.Current;
        // The last one that a prompt with the same tokens could go on from, since it computes its last token again.
        var boundary = (sequence.Length - 1) / KvBlocks.Size * KvBlocks.Size;
        var rows = boundary - sequence.Computed;
        if (rows <= 0 || rows >= count || pool.Available == 0 || !MayKeep(sequence)) return new(held.Current, held.Next, 0, HeldStates.None);
        (held.Mark, held.MarkedPosition) = (pool.Take(), boundary);
        return new(held.Current, held.Next, rows, held.Mark);
    }

    /// <summary>The step has come back, and what it computed is counted and known.</summary>
    public void End(Sequence sequence)
    {
        var held = sequence.States;
        if (held.Current != held.Next && held.Current >= 0) pool.Release(held.Current);
        (held.Current, held.Next) = (held.Next, HeldStates.None);
        if (held.Mark >= 0)
        {
            Keep(sequence, held.Mark, held.MarkedPosition);
            pool.Release(held.Mark);
            held.Mark = HeldStates.None;
        }
        // Of a prompt only where it ends, or the boundary before; and where it parts from another one.
        if (sequence.Computed % KvBlocks.Size == 0 && (sequence.Length - sequence.Computed <= KvBlocks.Size || sequence.Computed == held.Fork)) Keep(sequence, held.Current, sequence.Computed);
    }

    /// <summary>A sequence goes on from where another one is.</summary>
    public void Share(Sequence parent, Sequence child)
    {
        child.States.Current = parent.States.Current;
        pool.Share(child.States.Current);
    }

    /// <summary>Takes all slots of a sequence.</summary>
    public void Release(Sequence sequence)
    {
        foreach (var slot in sequence.States.Slots()) pool.Release(slot);
        sequence.States.Clear();
    }

    // Beams are many, and most of what they generate is thrown away.
    private bool MayKeep(Sequence sequence) => cache is not null && !sequence.Unknowable && sequence.Request is not { Forked: true, Request.Beams: not null };

    /// <summary>Makes a slot the snapshot of the block that ends at a position. Of what one sequence generates only the newest is kept.</summary>
    private void Keep(Sequence sequence, int slot, int position)
    {
        var index = (position / KvBlocks.Size) - 1;
        if (!MayKeep(sequence) || index >= sequence.KnownBlocks || !pool.TryKeep(slot, sequence.Blocks[index])) return;
        if (position <= sequence.Request.PromptLength) return;
        if (sequence.States.NewestBlock >= 0) pool.DropIdle(sequence.States.NewestBlock);
        sequence.States.NewestBlock = sequence.Blocks[index];
    }
}
