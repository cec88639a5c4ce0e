using System.Collections.Immutable;

namespace Furiosa.Device.Sampling;

/// <summary>What decides a beam search.</summary>
public sealed record BeamSearchOptions
{
    /// <summary>Number of beams, at least 1.</summary>
    public required int Width { get; init; }

    /// <summary>Most tokens of a hypothesis, its end token included; at least 1.</summary>
    public required int MaxNewTokens { get; init; }

    /// <summary>The power of the generated length that divides a finished hypothesis' sum of log-probabilities.</summary>
    public double LengthPenalty { get; init; } = 1;

    /// <summary>When to end early.</summary>
    public BeamEarlyStopping EarlyStopping { get; init; }

    /// <summary>Tokens that finish a hypothesis.</summary>
    public ImmutableArray<int> EndTokenIds { get; init; } = [];

    /// <summary>
    /// How many candidates of each running beam a step needs: as many as <see cref="Width"/> of them do not end, and what ranks below
    /// those can neither go on nor finish.
    /// </summary>
    public int CandidateCount => checked(Width + EndTokenIds.Length);

    /// <summary>How many candidates of all beams a step ranks at most: every beam may have all end tokens before those that go on.</summary>
    public int RankedCount => checked((1 + EndTokenIds.Length) * Width);
}
