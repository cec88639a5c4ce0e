using Furiosa.Device.Execution;
using Furiosa.Device.Grammar;
using Furiosa.Device.Sampling;

namespace Furiosa.Device.Models;

/// <summary>Answers sample requests from rows of logits; one sampler for each compute thread.</summary>
/// <param name="workers">Compute threads.</param>
/// <param name="words">Knows which tokens complete a forbidden word; null where no vocabulary was given.</param>
internal sealed class StepSampler(int workers, Lazy<BadWordFilter>? words)
{
    private readonly Sampler[] _samplers = [.. Enumerable.Range(0, workers).Select(_ => new Sampler(words: words))];

    /// <summary>Answers one request.</summary>
    /// <param name="worker">The compute thread.</param>
    /// <param name="sample">What is asked.</param>
    /// <param name="position">Absolute position of its row.</param>
    /// <param name="logits">The row's logits.</param>
    /// <param name="allowed">What a grammar allows.</param>
    public SampleAnswer Answer(int worker, in RowSample sample, int position, ReadOnlySpan<float> logits, AllowedTokens allowed)
    {
        var sampler = _samplers[worker];
        var generated = sample.GeneratedIds;
        switch (sample.Request)
        {
            case DrawToken draw:
                return Of(sampler.Sample(
                    logits, draw.Options, draw.Choice, position + 1, draw.PromptIds.Span, generated, draw.BannedIds.Span, allowed));
            case ScoreToken score:
                return Of(sampler.Score(logits, score.TokenId, score.TopCount));
            case RankCandidates rank:
                // The alternatives to report are the head of the same list.
                int count = Math.Max(rank.Count, rank.TopCount);
                var best = sampler.Rank(logits, count, rank.Options, rank.PromptIds.Span, generated, rank.BannedIds.Span, allowed);
                return best.Length == 0 ? new SampleAnswer(0, float.NegativeInfinity, best) : new SampleAnswer(best[0].Id, best[0].Logprob, best);
            default:
                throw new NotSupportedException($"sample request {sample.Request.GetType().Name}");
        }
    }

    private static SampleAnswer Of(SampledToken token) => new(token.Id, token.Logprob, token.Top) { Rank = token.Rank };
}
