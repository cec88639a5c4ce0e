namespace Furiosa.Actors.Scheduling;

/// <summary>
/// The next token of every sequence whose others are computed, in arrival order; and while few decode, which takes hardly longer for some rows
/// than for one, guesses of the tokens behind it.
/// </summary>
internal sealed class DecodeTurns(SchedulerState state, Admission admission)
{
    public void Run(BatchBuilder batch, int budget, bool nothingElse)
    {
        // Several steps under way only help when each has a share of the sequences.
        var share = (state.Running.Count + state.Options.StepsInFlight - 1) / state.Options.StepsInFlight;
        var ahead = MostAhead(batch, budget, share);
        for (var i = 0; i < state.Running.Count && batch.SequenceCount < share && batch.Rows < budget; i++)
        {
            var sequence = state.Running[i];
            if (!Decodes(sequence) || !admission.TryProvideState(sequence, nothingElse) || !TryMakeWritable(sequence, batch)) continue;
            if (ahead > 0) Guess(sequence, ahead);
            batch.Add(sequence, 1 + sequence.DraftCount);
        }
    }

    private bool Decodes(Sequence sequence) =>
        sequence is { Phase: SequencePhase.Running, InFlight: false } && sequence.Length - sequence.Computed == 1 && state.MayRun(sequence);

    /// <summary>
    /// Guesses for each sequence that is to be added, of those that a step may have in all. They leave half of a small step to others: every
    /// sequence that runs has its row in each step, and prompts get on.
    /// </summary>
    private int MostAhead(BatchBuilder batch, int budget, int share)
    {
        var rows = Math.Min(state.Options.LookupTokens + 1, budget / 2) - batch.Rows;
        var sequences = 0;
        for (var i = 0; i < state.Running.Count && 2 * sequences <= rows && batch.SequenceCount + sequences < share; i++) sequences += Decodes(state.Running[i]) ? 1 : 0;
        return sequences == 0 ? 0 : (rows / sequences) - 1;
    }

    /// <summary>Guesses what fits behind a sequence: within its limit, and in blocks that nobody else needs soon.</summary>
    private void Guess(Sequence sequence, int most)
    {
        sequence.Guess(Math.Min(most, sequence.Request.Limit - sequence.Length - 1));
        for (var i = 1; i <= sequence.DraftCount; i++)
        {
            var index = (sequence.Computed + i) / KvBlocks.Size;
            if (index < sequence.BlockCount) continue;
            if (state.Pool.Available > state.Running.Count) sequence.AddBlock(state.Pool.Take());
            else sequence.DropDraft(from: i - 1);
        }
    }

    /// <summary>Gives the next position a block of the sequence's own; false when there is none now.</summary>
    private bool TryMakeWritable(Sequence sequence, BatchBuilder batch)
    {
        var index = sequence.Computed / KvBlocks.Size;
        while (true)
        {
            var isNew = index == sequence.BlockCount;
            if (!isNew && !state.Pool.IsShared(sequence.Blocks[index])) return true;
            if (state.Pool.Available == 0)
            {
                if (!admission.TryFreeBlock(sequence)) return false;
                continue;
            }
            var block = state.Pool.Take();
            if (isNew)
            {
                sequence.AddBlock(block);
                return true;
            }
            var shared = sequence.Blocks[index];
            batch.Copy(shared, block);
            sequence.ReplaceBlock(index, block);
            state.Pool.Release(shared);
            return true;
        }
    }
}
