namespace Furiosa.Actors.Scheduling;

/// <summary>
/// Shares what decoding leaves of a step's budget among prompts: equal parts by turns, so that a long prompt does not hold up a short
/// one, but no part so small that a step is wasted on it; what is left over goes to the earliest.
/// </summary>
internal sealed class PrefillTurns(SchedulerState state, Admission admission)
{
    private const int SmallestPart = 64;

    // Each has logits of its own, of which room is made for as many as a step has rows that sample.
    private const int MostScored = 64;

    private readonly List<(Sequence Sequence, int Count)> _parts = [];
    private Sequence? _next;
    private int _scored;

    public void Run(BatchBuilder batch, int budget, bool nothingElse)
    {
        Collect();
        if (_parts.Count == 0 || budget <= 0) return;
        _scored = 0;
        var part = Math.Max(SmallestPart, budget / _parts.Count);
        var start = FirstTurn();
        for (var i = 0; i < _parts.Count && budget > 0; i++)
        {
            var index = (start + i) % _parts.Count;
            Grow(index, Math.Min(part, budget), ref budget);
            _next = _parts[(index + 1) % _parts.Count].Sequence;
        }
        for (var i = 0; i < _parts.Count && budget > 0; i++) Grow(i, budget, ref budget);
        foreach (var (sequence, count) in _parts)
        {
            // One may have been preempted for an earlier one.
            if (count > 0 && sequence.Phase == SequencePhase.Running && admission.TryProvideState(sequence, nothingElse)) batch.Add(sequence, count);
        }
        _parts.Clear();
    }

    private void Collect()
    {
        _parts.Clear();
        for (var i = 0; i < state.Running.Count; i++)
        {
            var sequence = state.Running[i];
            if (sequence is { Phase: SequencePhase.Running, InFlight: false } && sequence.Length - sequence.Computed > 1 && state.MayRun(sequence))
                _parts.Add((sequence, 0));
        }
    }

    private void Grow(int index, int atMost, ref int budget)
    {
        var (sequence, count) = _parts[index];
        var more = Math.Min(atMost, sequence.Length - sequence.Computed - count);
        var (first, request) = (sequence.Computed + count, sequence.Request);
        // What comes next there begins with a state that is kept.
        if (sequence.Computed < sequence.States.Fork) more = Math.Min(more, sequence.States.Fork - first);
        var scored = Math.Max(first, request.ScoredCount);
        if (scored < request.ScoresWanted)
        {
            more = Math.Min(more, scored + MostScored - _scored - first);
            _scored += Math.Max(0, Math.Min(first + more, request.ScoresWanted) - scored);
        }
        _parts[index] = (sequence, count + more);
        budget -= more;
    }

    /// <summary>The turn goes on where the last step stopped: at the first sequence that did not arrive before the one noted then.</summary>
    private int FirstTurn()
    {
        for (var i = 0; _next is not null && i < _parts.Count; i++)
        {
            if (_parts[i].Sequence.CompareTo(_next) >= 0) return i;
        }
        return 0;
    }
}
