using Furiosa.Actors.Observation;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;
using Furiosa.Device.Grammar;

namespace Furiosa.Actors.Scheduling;

/// <summary>Collects the slices of one step. Its lists are used again for each step; the built batch has arrays of its own.</summary>
internal sealed class BatchBuilder
{
    private readonly List<int> _tokens = [];
    private readonly List<SequenceSlice> _slices = [];
    private readonly List<SampleRequest> _samples = [];
    private readonly List<BlockCopy> _copies = [];
    private readonly List<ByteGrammar> _grammars = [];
    private readonly List<PlannedSlice> _planned = [];
    private readonly List<string> _traces = [];

    public int Rows => _tokens.Count;

    public void Copy(int source, int destination) => _copies.Add(new(source, destination));

    /// <summary>Adds the next <paramref name="count"/> tokens of a sequence, and what is to be read from their logits.</summary>
    public void Add(Sequence sequence, int count)
    {
        var (request, first, row) = (sequence.Request, sequence.Computed, _tokens.Count);
        foreach (var token in sequence.Tokens.Slice(first, count)) _tokens.Add(token);
        _slices.Add(new(sequence.Id, first, count, sequence.Table()));

        var firstAnswer = _samples.Count;
        AddScores(request, first, count, row);
        var scores = _samples.Count - firstAnswer;
        AddPool(request, first, count, row);
        var pools = _samples.Count - firstAnswer - scores;
        if (first + count == sequence.Length && request.Request.MaxTokens > 0) AddDraws(sequence, row + count - 1);
        _planned.Add(new(sequence, count, firstAnswer, scores, pools, _samples.Count - firstAnswer - scores - pools));
        if (request.Request.TraceParent is { } trace && sequence.GeneratedCount <= RuntimeTracing.TracedTokens && !_traces.Contains(trace)) _traces.Add(trace);
        sequence.InFlight = true;
    }

    /// <summary>Makes the batch and empties the builder.</summary>
    public StepBatch Build(long stepId, PlannedStep planned)
    {
        planned.StepId = stepId;
        planned.AnswerCount = _samples.Count;
        planned.Slices.Clear();
        planned.Slices.AddRange(_planned);
        var batch = new StepBatch
        {
            StepId = stepId,
            TokenIds = [.. _tokens],
            Slices = [.. _slices],
            Samples = [.. _samples],
            Copies = [.. _copies],
            Grammars = _grammars.Count == 0 ? [] : [.. _grammars],
            Traces = _traces.Count == 0 ? [] : [.. _traces],
        };
        _tokens.Clear();
        _slices.Clear();
        _samples.Clear();
        _copies.Clear();
        _grammars.Clear();
        _planned.Clear();
        _traces.Clear();
        return batch;
    }

    private void AddScores(RequestState request, int first, int count, int row)
    {
        var end = Math.Min(first + count, request.ScoresWanted);
        for (var position = Math.Max(first, request.ScoredCount); position < end; position++)
        {
            var next = request.Prompt.Span[position + 1];
            _samples.Add(new ScoreToken(row + position - first, next, request.Request.PromptTopLogprobs!.Value));
        }
    }

    private void AddPool(RequestState request, int first, int count, int row)
    {
        if (request.Request.Pooling is not { } pooling) return;
        var start = pooling == PromptPooling.Mean ? Math.Max(first, request.PooledCount) : request.PromptLength - 1;
        var pooled = first + count - start;
        if (pooled > 0) _samples.Add(new PoolRows(row + start - first, pooled, request.PooledSum));
    }

    private void AddDraws(Sequence sequence, int row)
    {
        var request = sequence.Request;
        var banned = request.Banned(sequence.GeneratedCount);
        var constraint = ConstraintOf(sequence);
        if (request.Request.Beams is not null)
        {
            _samples.Add(new RankCandidates(
                row, BeamGroup.CandidateCount(request), request.Options,
                request.PenalisedPrompt, request.PenalisedOutput(sequence), banned, TopCount: 0) { Constraint = constraint });
            return;
        }
        var (from, to) = request.Forked ? (sequence.Choice, sequence.Choice + 1) : (0, request.Request.ChoiceCount);
        for (var choice = from; choice < to; choice++)
        {
            _samples.Add(new DrawToken(
                row, request.Options, request.Request.FirstChoice + choice, sequence.Length,
                request.PenalisedPrompt, request.PenalisedOutput(sequence), banned) { Constraint = constraint });
        }
    }

    private TokenConstraint? ConstraintOf(Sequence sequence)
    {
        var request = sequence.Request;
        if (request.Grammar is not { } grammar) return null;
        var index = _grammars.FindIndex(known => known.Key == grammar.Key);
        if (index < 0)
        {
            index = _grammars.Count;
            _grammars.Add(grammar);
        }
        return new TokenConstraint(index, sequence.Id, sequence.Generated, request.StopIds);
    }
}
