using System.Collections.Frozen;
using System.Collections.Immutable;
using Furiosa.Device.Kernels;

namespace Furiosa.Device.Sampling;

/// <summary>
/// Beam search with the semantics of Hugging Face's <c>generate</c> (transformers 5), as a pure decision: it is given the best
/// candidates of every running beam and says which beams go on. Equal sums go to the earlier beam, then to the lower token id.
/// </summary>
/// <remarks>
/// Of all beams' candidates the best <see cref="BeamSearchOptions.RankedCount"/> are ranked. A candidate that ends (by an end
/// token or at the length limit) becomes a finished hypothesis only if it ranks among the first <see cref="BeamSearchOptions.Width"/>;
/// the best that do not end run on. Finished ones are scored by <c>sum / length^penalty</c>, the length counting generated tokens
/// only, and the best of them are kept.
/// </remarks>
public sealed class BeamSearch
{
    private readonly BeamSearchOptions _options;
    private readonly FrozenSet<int> _ends;

    /// <summary>Begins a search, or goes on with one.</summary>
    /// <param name="options">What decides it.</param>
    /// <param name="state">Where to go on, or null for the start.</param>
    public BeamSearch(BeamSearchOptions options, BeamSearchState? state = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxNewTokens, 1);
        _options = options;
        _ends = options.EndTokenIds.ToFrozenSet();
        State = state ?? BeamSearchState.Start;
    }

    /// <summary>The running and the finished hypotheses.</summary>
    public BeamSearchState State { get; private set; }

    /// <summary>Whether the search has ended.</summary>
    public bool Finished => State.Running.IsEmpty;

    /// <summary>Decides one step.</summary>
    /// <param name="candidates">
    /// For each running beam its best tokens by processed log-probability, best first: <see cref="BeamSearchOptions.CandidateCount"/>
    /// of them, or fewer where the vocabulary has no more. Tokens of minus infinity or NaN are not considered.
    /// </param>
    /// <exception cref="InvalidOperationException">The search has ended.</exception>
    public BeamStep Advance(IReadOnlyList<TokenLogprob[]> candidates)
    {
        if (Finished) throw new InvalidOperationException("The beam search has ended.");
        ArgumentOutOfRangeException.ThrowIfNotEqual(candidates.Count, State.Running.Length, nameof(candidates));

        var ranked = Rank(candidates);
        var length = State.Length + 1;
        var atLimit = length >= _options.MaxNewTokens;
        var finished = State.Finished.ToList();
        var running = ImmutableArray.CreateBuilder<BeamHypothesis>(_options.Width);
        var choices = ImmutableArray.CreateBuilder<BeamChoice>(_options.Width);
        for (var rank = 0; rank < ranked.Length && (rank < _options.Width || running.Count < _options.Width); rank++)
        {
            var (parent, token, sum) = ranked[rank];
            var endsByToken = _ends.Contains(token.Id);
            var ends = endsByToken || atLimit;
            if (ends && rank >= _options.Width) continue;
            // Copied for those that are kept only: a list is as long as the answer.
            var tokens = State.Running[parent].Tokens.Add(token);
            if (ends)
            {
                finished.Add(new BeamHypothesis(tokens, sum, Score(sum, length), endsByToken));
            }
            else
            {
                running.Add(new BeamHypothesis(tokens, sum, sum, false));
                choices.Add(new BeamChoice(parent, token.Id));
            }
        }

        // The sort is stable: of equal scores the one that finished first stays first.
        ImmutableArray<BeamHypothesis> best = [.. finished.OrderByDescending(hypothesis => hypothesis.Score).Take(_options.Width)];
        var ended = running.Count == 0 || IsDone(running[0].SumLogprob, best, length);
        State = new BeamSearchState(ended ? [] : running.ToImmutable(), best, length);
        return new BeamStep(ended ? [] : choices.ToImmutable(), ended);
    }

    /// <summary>The best finished hypotheses, best first.</summary>
    /// <param name="count">How many are wanted; fewer come where fewer finished.</param>
    public IReadOnlyList<BeamHypothesis> Results(int count) => [.. State.Finished.Take(count)];

    private BeamCandidate[] Rank(IReadOnlyList<TokenLogprob[]> candidates)
    {
        // The root of the heap is the worst of the best so far.
        var best = new PriorityQueue<BeamCandidate, BeamCandidate>(BeamCandidate.WorstFirst);
        for (var beam = 0; beam < candidates.Count; beam++)
        {
            foreach (var token in candidates[beam])
            {
                if (!(token.Logprob > float.NegativeInfinity)) continue;
                var candidate = new BeamCandidate(beam, token, State.Running[beam].SumLogprob + token.Logprob);
                if (best.Count < _options.RankedCount) best.Enqueue(candidate, candidate);
                else if (candidate.Sum < best.Peek().Sum) break; // A beam's candidates come best first.
                else best.EnqueueDequeue(candidate, candidate);
            }
        }

        var ranked = new BeamCandidate[best.Count];
        for (var rank = ranked.Length - 1; rank >= 0; rank--) ranked[rank] = best.Dequeue();
        return ranked;
    }

    private bool IsDone(double bestRunningSum, ImmutableArray<BeamHypothesis> finished, int length)
    {
        if (finished.Length < _options.Width) return false;
        if (_options.EarlyStopping == BeamEarlyStopping.AtWidth) return true;
        // With a positive penalty a negative sum scores best at the greatest length it can reach.
        var hypothetical = _options is { EarlyStopping: BeamEarlyStopping.Never, LengthPenalty: > 0 } ? _options.MaxNewTokens : length;
        return Score(bestRunningSum, hypothetical) <= finished[^1].Score;
    }

    private double Score(double sum, int length) => sum / DoubleMath.Pow(length, _options.LengthPenalty);
}
