namespace Furiosa.Actors.Scheduling;

/// <summary>Proves that no block and no state is lost and none has a user too many.</summary>
internal static class SchedulerAudit
{
    public static string? Check(SchedulerState state)
    {
        var users = new int[state.Pool.Count];
        var states = new int[state.States?.Pool.Count ?? 0];
        var slots = 0;
        var sequences = 0;
        foreach (var request in state.Requests.Values)
        {
            foreach (var sequence in request.Sequences)
            {
                if (sequence.Phase == SequencePhase.Ended) return $"sequence {sequence.Id} has ended but is still listed";
                if (sequence.Phase == SequencePhase.Waiting && sequence.BlockCount > 0) return $"sequence {sequence.Id} waits with blocks";
                if (sequence.Computed > sequence.BlockCount * KvBlocks.Size) return $"sequence {sequence.Id} has computed more than its blocks hold";
                if (states.Length > 0 && sequence.States.Current >= 0 != sequence.Computed > 0) return $"sequence {sequence.Id} has computed {sequence.Computed} and holds state {sequence.States.Current}";
                if (sequence.Phase == SequencePhase.Waiting && sequence.States.Slots().Any()) return $"sequence {sequence.Id} waits with a state";
                foreach (var block in sequence.Blocks) users[block]++;
                foreach (var slot in sequence.States.Slots()) states[slot]++;
                sequences++;
                if (sequence.Phase != SequencePhase.Waiting) slots += sequence.Slots;
            }
        }
        if (sequences != state.Running.Count + state.Waiting.Count) return $"{sequences} sequences, but {state.Running.Count} running and {state.Waiting.Count} waiting";
        if (slots != state.SlotsInUse) return $"{state.SlotsInUse} slots are noted, {slots} are in use";
        return state.Pool.Audit(users) ?? state.States?.Pool.Audit(states, state.Pool.Cache);
    }
}
