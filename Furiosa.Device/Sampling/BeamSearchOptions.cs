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
    /// How many candidates of each running beam a step needs, and how many it keeps of all beams: enough that, whatever end tokens
    /// are among them, as many as <see cref="Width"/> go on.
    /// </summary>
    public int CandidateCount => checked(Math.Max(2, 1 + EndTokenIds.Length) * Width);
}
