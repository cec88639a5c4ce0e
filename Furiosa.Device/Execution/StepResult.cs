using Furiosa.Device.Sampling;

namespace Furiosa.Device.Execution;

/// <summary>What the last stage answers to one step.</summary>
/// <param name="StepId">The step answered.</param>
/// <param name="Answers">One for each of <see cref="StepBatch.Samples"/>, in its order.</param>
public sealed record StepResult(long StepId, StepRows<SampleAnswer> Answers);

/// <summary>Answer to one <see cref="SampleRequest"/>.</summary>
/// <param name="Token">The token drawn or scored; for <see cref="RankCandidates"/> the best candidate.</param>
/// <param name="Logprob">Its log-probability, in nats.</param>
/// <param name="Top">Best first: the alternatives asked for, or the candidates of a beam; null when none were asked for.</param>
public readonly record struct SampleAnswer(int Token, float Logprob, TokenLogprob[]? Top)
{
    /// <summary>For <see cref="ScoreToken"/>: how many tokens are at least as likely, itself included.</summary>
    public int Rank { get; init; }

    /// <summary>For <see cref="PoolRows"/>: the sum up to its last row; shape [hidden].</summary>
    public double[]? Sum { get; init; }
}
