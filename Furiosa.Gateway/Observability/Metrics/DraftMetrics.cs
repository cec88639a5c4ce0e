using System.Globalization;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Observation;

namespace Furiosa.Gateway.Observability.Metrics;

/// <summary>Guesses of next tokens, by vLLM's names of speculative decoding.</summary>
internal sealed class DraftMetrics(Families families)
{
    private readonly Family _drafts = families.Counter("Guesses of tokens that follow.", ["vllm:spec_decode_num_drafts_total"]);
    private readonly Family _tokens = families.Counter("Tokens that were guessed.", ["vllm:spec_decode_num_draft_tokens_total"]);
    private readonly Family _accepted = families.Counter("Guessed tokens that turned out right.", ["vllm:spec_decode_num_accepted_tokens_total"]);
    private readonly Family _acceptedAt = families.Counter("Guesses that were right up to their token of this position, from 0.", ["vllm:spec_decode_num_accepted_tokens_per_pos_total"], "position");

    /// <summary>Brings them up to date.</summary>
    /// <param name="engine">The replica.</param>
    /// <param name="counters">What it counted.</param>
    /// <param name="total">Makes a count that only rises out of one that begins again with its replica.</param>
    public void Collect(int engine, DraftCounters counters, Func<string, double, double> total)
    {
        _drafts.Set(engine, total("drafts", counters.Drafts));
        _tokens.Set(engine, total("draft tokens", counters.Tokens));
        _accepted.Set(engine, total("accepted tokens", counters.Accepted));
        // Bounded: another node told them.
        for (var position = 0; position < Math.Min(counters.AcceptedAt.Length, RuntimeOptions.MaxPromptLookupTokens); position++)
        {
            var name = position.ToString(CultureInfo.InvariantCulture);
            _acceptedAt.Set(engine, total($"accepted at {name}", counters.AcceptedAt[position]), name);
        }
    }
}
