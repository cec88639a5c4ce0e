using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Scheduling;

/// <summary>
/// Lets sequences from the queue hold KV blocks, in arrival order and none before its turn, and takes blocks back from the latest
/// when an earlier one needs them.
/// </summary>
internal sealed class Admission(SchedulerState state)
{
    private readonly int[] _matched = new int[state.Options.BlockCount];
    private int _known; // blocks that the last prefix had, usable or not

    /// <summary>
    /// Admits what fits; true when something did. When nothing else can go on, the head of the queue takes blocks from those that came
    /// after it.
    /// </summary>
    public bool Run(bool nothingElse)
    {
        var any = false;
        while (state.Waiting.Count > 0)
        {
            var sequence = state.Waiting[0];
            var fits = state.SlotsInUse + sequence.Slots <= state.MaxConcurrency;
            if (!(fits || nothingElse) || !TryAdmit(sequence, nothingElse)) break;
            (nothingElse, any) = (false, true);
        }
        return any;
    }

    /// <summary>Makes at least one block available for <paramref name="needy"/> by preempting those that came after it.</summary>
    public bool TryFreeBlock(Sequence needy)
    {
        while (state.Pool.Available == 0)
        {
            if (!TryPreemptAfter(needy)) return false;
        }
        return true;
    }

    /// <summary>
    /// Makes sure that a sequence's next step has a slot for its state. It waits rather than take one from others, since those that share a state
    /// part one after the other; only when nothing else can go on it preempts those that came after it.
    /// </summary>
    public bool TryProvideState(Sequence needy, bool nothingElse)
    {
        while (state.States is { } states && !states.TryProvide(needy))
        {
            if (!nothingElse || !TryPreemptAfter(needy)) return false;
        }
        return true;
    }

    private bool TryAdmit(Sequence sequence, bool nothingElse)
    {
        int missing;
        while (true)
        {
            var matched = MatchPrefix(sequence);
            missing = KvBlocks.Needed(sequence.Length) - matched.Length;
            var idle = 0;
            foreach (var block in matched) idle += state.Pool.IsIdle(block) ? 1 : 0;
            // Some room is left for those that run already: admitting and preempting by turns would compute everything twice.
            var spare = nothingElse ? 0 : (state.Running.Count + KvBlocks.Size - 1) / KvBlocks.Size;
            if (state.Pool.Available - idle >= missing + spare && state.States is not { Pool.Available: 0 })
            {
                Take(sequence, matched, missing);
                return true;
            }
            if (!nothingElse || !TryPreemptAfter(sequence)) return false;
        }
    }

    private void Take(Sequence sequence, ReadOnlySpan<int> matched, int missing)
    {
        state.Waiting.RemoveAt(0);
        foreach (var block in matched)
        {
            state.Pool.Share(block);
            sequence.AddBlock(block);
        }
        for (var i = 0; i < missing; i++) sequence.AddBlock(state.Pool.Take());
        state.States?.Admit(sequence, matched, _known * KvBlocks.Size);
        sequence.KnownBlocks = matched.Length;
        sequence.Computed = matched.Length * KvBlocks.Size;
        state.Activate(sequence);
        state.MarkStarted(sequence.Request, Math.Min(sequence.Computed, sequence.Request.PromptLength));
    }

    /// <summary>
    /// The longest run of known blocks, where there are states one that ends with the state behind it. The last token is always computed, for its logits; so is every position whose next token is
    /// still to be scored or pooled.
    /// </summary>
    private ReadOnlySpan<int> MatchPrefix(Sequence sequence)
    {
        _known = 0;
        if (state.Pool.Cache is not { } cache) return [];
        var request = sequence.Request;
        var usable = request.ScoredCount < request.ScoresWanted ? request.ScoredCount : sequence.Length - 1;
        if (request.Request.Pooling == PromptPooling.Mean) usable = Math.Min(usable, request.PooledCount);
        var (count, parent, end) = (0, -1, 0);
        while ((count + 1) * KvBlocks.Size <= usable)
        {
            parent = cache.Find(parent, sequence.Tokens.Slice(count * KvBlocks.Size, KvBlocks.Size));
            if (parent < 0) break;
            _matched[count++] = parent;
            if (state.States?.CanGoOnFrom(parent) != false) end = count;
        }
        _known = count;
        return _matched.AsSpan(0, end);
    }

    private bool TryPreemptAfter(Sequence needy)
    {
        for (var i = state.Running.Count - 1; i >= 0; i--)
        {
            var victim = state.Running[i];
            if (victim.CompareTo(needy) <= 0) return false;
            if (victim.InFlight || victim.BlockCount == 0) continue;
            state.Preempt(victim);
            return true;
        }
        return false;
    }
}
