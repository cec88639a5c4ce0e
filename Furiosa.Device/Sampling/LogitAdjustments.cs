namespace Furiosa.Device.Sampling;

/// <summary>
/// Changes a row by what the request says of single tokens, in this order: bias is added, repeated tokens are penalised (Hugging
/// Face's repetition penalty over prompt and output), then presence and frequency penalties over the output, then banned ids go to
/// minus infinity, and with them all but the allowed ids and whatever would complete a forbidden word. Ids outside the vocabulary are
/// ignored.
/// </summary>
/// <param name="words">Knows which tokens complete a word; null where no vocabulary was given.</param>
internal sealed class LogitAdjustments(Lazy<BadWordFilter>? words = null)
{
    private int[] _counts = []; // all zero between calls

    public static bool AreNeeded(SamplingOptions options, ReadOnlySpan<int> bannedIds) =>
        bannedIds.Length > 0 || options.RepetitionPenalty != 1 || options.PresencePenalty != 0 || options.FrequencyPenalty != 0 || options.LogitBias is { Count: > 0 }
        || options.AllowedIds is not null || options.BadWords.Count > 0;

    public void Apply(Span<float> row, SamplingOptions options, ReadOnlySpan<int> promptIds, ReadOnlySpan<int> generatedIds, ReadOnlySpan<int> bannedIds)
    {
        if (options.LogitBias is { } biases)
        {
            foreach (var (id, bias) in biases)
                if ((uint)id < (uint)row.Length && !float.IsNaN(bias)) row[id] += bias;
        }

        if (_counts.Length < row.Length) _counts = new int[row.Length];
        if (options.RepetitionPenalty != 1)
        {
            PenaliseOnce(row, promptIds, options.RepetitionPenalty);
            PenaliseOnce(row, generatedIds, options.RepetitionPenalty);
            Clear(promptIds, row.Length);
            Clear(generatedIds, row.Length);
        }

        if (options.PresencePenalty != 0 || options.FrequencyPenalty != 0) PenaliseOutput(row, generatedIds, options);
        foreach (var id in bannedIds)
            if ((uint)id < (uint)row.Length) row[id] = float.NegativeInfinity;
        if (options.AllowedIds is { } allowed) KeepOnly(row, allowed);
        if (options.BadWords.Count == 0) return;
        var filter = words?.Value ?? throw new InvalidOperationException("the model was opened without its tokens' bytes, so no words can be forbidden");
        filter.Apply(row, options.BadWords, generatedIds);
    }

    // Turned over in place: what is kept is noted, all else goes.
    private void KeepOnly(Span<float> row, int[] ids)
    {
        foreach (var id in ids)
            if ((uint)id < (uint)row.Length) _counts[id] = 1;
        for (var id = 0; id < row.Length; id++)
            if (_counts[id] == 0) row[id] = float.NegativeInfinity;
        Clear(ids, row.Length);
    }

    private void PenaliseOnce(Span<float> row, ReadOnlySpan<int> ids, float penalty)
    {
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)row.Length || _counts[id]++ != 0) continue;
            row[id] = row[id] < 0 ? row[id] * penalty : row[id] / penalty;
        }
    }

    private void PenaliseOutput(Span<float> row, ReadOnlySpan<int> generatedIds, SamplingOptions options)
    {
        foreach (var id in generatedIds)
            if ((uint)id < (uint)row.Length) _counts[id]++;
        foreach (var id in generatedIds)
        {
            if ((uint)id >= (uint)row.Length || _counts[id] == 0) continue;
            row[id] -= options.FrequencyPenalty * _counts[id] + options.PresencePenalty;
            _counts[id] = 0;
        }
    }

    private void Clear(ReadOnlySpan<int> ids, int length)
    {
        foreach (var id in ids)
            if ((uint)id < (uint)length) _counts[id] = 0;
    }
}
