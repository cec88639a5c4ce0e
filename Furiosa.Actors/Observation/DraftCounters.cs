using System.Collections.Immutable;

namespace Furiosa.Actors.Observation;

/// <summary>What came of guessing tokens before they were computed.</summary>
/// <param name="Drafts">Guesses, each of one or more tokens in a row for one sequence.</param>
/// <param name="Tokens">Tokens of these guesses.</param>
/// <param name="Accepted">Those that turned out right, and whose text went on behind them.</param>
/// <param name="AcceptedAt">How often a guess was right up to its first token and on, its second, and so on.</param>
public sealed record DraftCounters(long Drafts, long Tokens, long Accepted, ImmutableArray<long> AcceptedAt)
{
    /// <summary>None yet.</summary>
    public static DraftCounters None { get; } = new(0, 0, 0, []);
}
