using System.Collections.Immutable;

namespace Furiosa.Device.Sampling;

/// <summary>A continuation of the prompt that a beam search follows or has finished.</summary>
/// <param name="Tokens">The generated tokens with the log-probabilities they were ranked by; an end token that finished it is the last one.</param>
/// <param name="SumLogprob">The sum of the log-probabilities, in nats.</param>
/// <param name="Score">Finished: the sum over the length to the power of the length penalty. Running: the sum.</param>
/// <param name="EndedByToken">Whether an end token finished it; false while it runs and when the length limit did.</param>
public sealed record BeamHypothesis(ImmutableList<TokenLogprob> Tokens, double SumLogprob, double Score, bool EndedByToken)
{
    /// <summary>Nothing generated yet.</summary>
    public static BeamHypothesis Empty { get; } = new([], 0, 0, false);
}
