using Furiosa.Device.Grammar;
using Furiosa.Device.Kernels;

namespace Furiosa.Device.Sampling;

/// <summary>
/// Chooses tokens from rows of logits. A choice depends on the row, the options, the ids before and (seed, choice, position) only.
/// Holds scratch memory for one row: one sampler for each thread. Allocates nothing but the alternatives that are asked for.
/// </summary>
/// <remarks>
/// <para>Order: bias, repetition penalty, presence and frequency penalties, bans, allowed ids, bad words, grammar; temperature, top-k, top-p, min-p; the draw.
/// Below temperature 1e-5 the best token is taken, of equal ones the lower id, and what follows the temperature is skipped.</para>
/// <para>Log-probabilities are the log-softmax of the model's logits, before any of that, as clients of the OpenAI API expect:
/// they say what the model thought, not how it was asked to draw.</para>
/// <para>A NaN logit counts as minus infinity, plus infinity as the largest float. Where nothing is left, the lowest id that is
/// allowed and not banned is taken; a grammar that allows nothing but the end ends before <c>min_tokens</c>.</para>
/// </remarks>
internal sealed class Sampler
{
    /// <summary>Temperatures below this are greedy.</summary>
    public const float GreedyBelow = 1e-5f;

    private readonly LogitAdjustments _adjustments;
    private readonly TopSelector _selector = new();
    private readonly ExponentialSums _sums;
    private readonly TokenDistribution _distribution;
    private float[] _row = [];
    private float[] _weights = [];
    private float[] _blockSums = [];

    /// <summary>Makes a sampler.</summary>
    /// <param name="level">The instructions to use; all give the same bits.</param>
    /// <param name="words">Knows which tokens complete a forbidden word; null where nobody forbids any.</param>
    public Sampler(KernelLevel level = KernelLevel.Auto, Lazy<BadWordFilter>? words = null)
    {
        _adjustments = new LogitAdjustments(words);
        _sums = ExponentialSums.For(level);
        _distribution = new TokenDistribution(_sums);
    }

    /// <summary>Chooses the next token.</summary>
    /// <param name="logits">The model's logits, one for each id of the vocabulary; not changed.</param>
    /// <param name="options">How to choose.</param>
    /// <param name="choice">Index of the sample within its own prompt.</param>
    /// <param name="position">Absolute position of the token that is chosen.</param>
    /// <param name="promptIds">The prompt, for the repetition penalty.</param>
    /// <param name="generatedIds">The output so far, for all penalties.</param>
    /// <param name="bannedIds">Ids that must not be chosen.</param>
    /// <param name="allowed">What a grammar allows.</param>
    public SampledToken Sample(
        ReadOnlySpan<float> logits, SamplingOptions options, int choice, int position,
        ReadOnlySpan<int> promptIds, ReadOnlySpan<int> generatedIds, ReadOnlySpan<int> bannedIds, AllowedTokens allowed = default)
    {
        var row = Load(logits);
        var normalizer = options.TopLogprobs is null ? double.NaN : LogSumExp(row);
        var top = options.TopLogprobs is > 0 and var count ? Best(row, count, normalizer) : null;
        if (LogitAdjustments.AreNeeded(options, bannedIds)) Adjust(row, options, promptIds, generatedIds, bannedIds);

        allowed.Apply(row);
        var id = Choose(row, options, choice, position, bannedIds, allowed);
        return new SampledToken(id, (float)(LogitRows.Clean(logits[id]) - normalizer), top);
    }

    /// <summary>Log-probability of a given token, with alternatives.</summary>
    /// <param name="logits">The model's logits; not changed.</param>
    /// <param name="tokenId">The token.</param>
    /// <param name="topCount">How many alternatives; 0 for none.</param>
    public SampledToken Score(ReadOnlySpan<float> logits, int tokenId, int topCount)
    {
        var row = Load(logits);
        var normalizer = LogSumExp(row);
        return new SampledToken(tokenId, (float)(row[tokenId] - normalizer), topCount > 0 ? Best(row, topCount, normalizer) : null)
        {
            Rank = LogitRows.CountAtLeast(row, row[tokenId]),
        };
    }

    /// <summary>
    /// The best continuations of a beam: log-softmax of the logits, to which bias, penalties and bans are applied without
    /// normalising again, as Hugging Face's beam search does. Ties to the lower id.
    /// </summary>
    /// <param name="logits">The model's logits; not changed.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="options">Penalties and bias.</param>
    /// <param name="promptIds">The prompt, for the repetition penalty.</param>
    /// <param name="generatedIds">The beam's output so far, for all penalties.</param>
    /// <param name="bannedIds">Ids that must not be chosen.</param>
    /// <param name="allowed">What a grammar allows.</param>
    /// <returns>Candidates, best first.</returns>
    public TokenLogprob[] Rank(
        ReadOnlySpan<float> logits, int count, SamplingOptions options,
        ReadOnlySpan<int> promptIds, ReadOnlySpan<int> generatedIds, ReadOnlySpan<int> bannedIds, AllowedTokens allowed = default)
    {
        var row = Load(logits);
        var normalizer = LogSumExp(row);
        if (!LogitAdjustments.AreNeeded(options, bannedIds))
        {
            allowed.Apply(row);
            return Best(row, count, normalizer);
        }

        foreach (ref var value in row) value = (float)(value - normalizer);
        Adjust(row, options, promptIds, generatedIds, bannedIds);
        allowed.Apply(row);
        return Best(row, count, 0);
    }

    /// <summary>The probabilities that <see cref="Sample"/> draws from; at a greedy temperature all of it on one token.</summary>
    /// <param name="logits">The model's logits; not changed.</param>
    /// <param name="options">How to choose.</param>
    /// <param name="promptIds">The prompt.</param>
    /// <param name="generatedIds">The output so far.</param>
    /// <param name="bannedIds">Ids that must not be chosen.</param>
    /// <param name="probabilities">As long as the logits.</param>
    public void Distribution(
        ReadOnlySpan<float> logits, SamplingOptions options,
        ReadOnlySpan<int> promptIds, ReadOnlySpan<int> generatedIds, ReadOnlySpan<int> bannedIds, Span<double> probabilities)
    {
        var row = Load(logits);
        Adjust(row, options, promptIds, generatedIds, bannedIds);
        var max = LogitRows.Max(row);
        if (max > float.NegativeInfinity && options.Temperature >= GreedyBelow)
        {
            _distribution.Build(row, max, options);
            _distribution.CopyTo(probabilities);
            return;
        }

        probabilities.Clear();
        probabilities[max > float.NegativeInfinity ? LogitRows.IndexOf(row, max) : LowestAllowed(row.Length, options, bannedIds, default)] = 1;
    }

    private Span<float> Load(ReadOnlySpan<float> logits)
    {
        if (_row.Length < logits.Length)
        {
            _row = new float[logits.Length];
            _weights = new float[logits.Length];
            _blockSums = new float[ExponentialSums.BlockCount(logits.Length)];
        }

        var row = _row.AsSpan(0, logits.Length);
        LogitRows.Clean(logits, row);
        return row;
    }

    private int Choose(ReadOnlySpan<float> row, SamplingOptions options, int choice, int position, ReadOnlySpan<int> bannedIds, AllowedTokens allowed)
    {
        var max = LogitRows.Max(row);
        if (float.IsNegativeInfinity(max)) return LowestAllowed(row.Length, options, bannedIds, allowed);
        if (!(options.Temperature >= GreedyBelow)) return LogitRows.IndexOf(row, max);
        _distribution.Build(row, max, options);
        return _distribution.Draw(CounterRandom.Uniform(options.Seed, choice, position));
    }

    private void Adjust(Span<float> row, SamplingOptions options, ReadOnlySpan<int> promptIds, ReadOnlySpan<int> generatedIds, ReadOnlySpan<int> bannedIds)
    {
        _adjustments.Apply(row, options, promptIds, generatedIds, bannedIds);
        LogitRows.Clean(row, row); // a bias or penalty may overflow
    }

    private double LogSumExp(ReadOnlySpan<float> row)
    {
        var max = LogitRows.Max(row);
        return float.IsNegativeInfinity(max) ? 0 : max + DoubleMath.Log(_sums.Fill(row, max, 1, 0, _weights, _blockSums));
    }

    private TokenLogprob[] Best(ReadOnlySpan<float> row, int count, double normalizer)
    {
        _selector.Select(row, count);
        var best = new TokenLogprob[_selector.Count];
        for (var i = 0; i < best.Length; i++) best[i] = new TokenLogprob(_selector.Ids[i], (float)(_selector.Values[i] - normalizer));
        return best;
    }

    private static int LowestAllowed(int vocabulary, SamplingOptions options, ReadOnlySpan<int> bannedIds, AllowedTokens allowed)
    {
        for (var id = 0; !allowed.IsDead && id < vocabulary; id++)
            if (!bannedIds.Contains(id) && allowed.Allows(id) && options.AllowedIds?.Contains(id) != false) return id;
        if (options.AllowedIds is { Length: > 0 } only && allowed.Mask is null) return only.Min();
        return allowed.Mask is null ? 0 : allowed.LowestAllowed(vocabulary);
    }
}
