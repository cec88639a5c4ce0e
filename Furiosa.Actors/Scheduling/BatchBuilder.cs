using Furiosa.Actors.Observation;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Scheduling;

/// <summary>Collects the slices of one step, in the arrays of a step that has come back.</summary>
/// <param name="states">Has a slot for each sequence that is added; null for a model that keeps no states.</param>
internal sealed class BatchBuilder(StateTurns? states)
{
    private readonly Stack<PlannedStep> _spare = new();
    private readonly List<string> _traces = [];
    private PlannedStep _step = new();

    public int Rows => _step.Tokens.Count;

    /// <summary>Slices so far.</summary>
    public int SequenceCount => _step.Parts.Count;

    public void Copy(int source, int destination) => _step.Copies.Add(new(source, destination));

    /// <summary>Adds the next <paramref name="count"/> tokens of a sequence, its guesses among them, and what is to be read from their logits.</summary>
    public void Add(Sequence sequence, int count)
    {
        var (request, first, row) = (sequence.Request, sequence.Computed, _step.Tokens.Count);
        _step.Tokens.AddRange(sequence.TokensAndDraft.Slice(first, count));
        _step.Slices.Add(new(sequence.Id, first, count, sequence.Table) { States = states?.Begin(sequence, count) ?? SliceStates.None });

        var firstAnswer = _step.Samples.Count;
        AddScores(request, first, count, row);
        var scores = _step.Samples.Count - firstAnswer;
        AddPool(request, first, count, row);
        var pools = _step.Samples.Count - firstAnswer - scores;
        if (first + count == sequence.TokensAndDraft.Length && request.Request.MaxTokens > 0) AddDraws(sequence, row + count - 1 - sequence.DraftCount);
        _step.Parts.Add(new(sequence, count, firstAnswer, scores, pools, _step.Samples.Count - firstAnswer - scores - pools));
        if (request.Request.TraceParent is { } trace && sequence.GeneratedCount <= RuntimeTracing.TracedTokens && !_traces.Contains(trace)) _traces.Add(trace);
        sequence.InFlight = true;
    }

    /// <summary>Makes the batch. Its arrays are those of the step that is also given, until <see cref="Recycle"/>.</summary>
    public (StepBatch Batch, PlannedStep Step) Build(long stepId)
    {
        var step = _step;
        step.StepId = stepId;
        step.MakeRoom();
        var batch = new StepBatch
        {
            StepId = stepId,
            TokenIds = step.Tokens.Rows,
            Slices = step.Slices.Rows,
            Samples = step.Samples.Rows,
            Copies = step.Copies.Rows,
            Traces = _traces.Count == 0 ? [] : [.. _traces],
            AnswerRoom = step.AnswerRoom,
        };
        _traces.Clear();
        if (!_spare.TryPop(out _step!)) _step = new PlannedStep();
        return (batch, step);
    }

    /// <summary>The step has come back and been applied: nobody reads its arrays any more.</summary>
    public void Recycle(PlannedStep step)
    {
        step.Clear();
        _spare.Push(step);
    }

    private void AddScores(RequestState request, int first, int count, int row)
    {
        var end = Math.Min(first + count, request.ScoresWanted);
        for (var position = Math.Max(first, request.ScoredCount); position < end; position++)
        {
            var next = request.Prompt.Span[position + 1];
            _step.Samples.Add(new(row + position - first, new ScoreToken(next, request.Request.PromptTopLogprobs!.Value)));
        }
    }

    private void AddPool(RequestState request, int first, int count, int row)
    {
        if (request.Request.Pooling is not { } pooling) return;
        var start = pooling == PromptPooling.Mean ? Math.Max(first, request.PooledCount) : request.PromptLength - 1;
        var pooled = first + count - start;
        if (pooled > 0) _step.Samples.Add(new(row + start - first, new PoolRows(pooled, request.PooledSum)));
    }

    /// <summary>The draw behind the sequence's last token, and one behind each guess.</summary>
    private void AddDraws(Sequence sequence, int row)
    {
        var request = sequence.Request;
        if (request.Forked || request.Request.Beams is not null)
        {
            var (sample, seen) = (sequence.Sample, sequence.SeenOutput);
            for (var i = 0; i <= sequence.DraftCount; i++) _step.Samples.Add(new(row + i, sample, seen, seen is null ? 0 : sequence.SeenCount + i));
            return;
        }
        for (var choice = 0; choice < request.Request.ChoiceCount; choice++)
            _step.Samples.Add(new(row, request.SampleOf(sequence, choice), sequence.SeenOutput, sequence.SeenCount));
    }
}
