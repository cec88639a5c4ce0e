using System.Collections.Immutable;

namespace Furiosa.Device.Sampling;

/// <summary>All that a beam search knows between two steps: enough to go on with it elsewhere.</summary>
/// <param name="Running">The running beams, best first; one empty one at the start, none at the end.</param>
/// <param name="Finished">The best finished hypotheses, best first, at most as many as beams.</param>
/// <param name="Length">Tokens generated so far.</param>
public sealed record BeamSearchState(ImmutableArray<BeamHypothesis> Running, ImmutableArray<BeamHypothesis> Finished, int Length)
{
    /// <summary>Before the first step.</summary>
    public static BeamSearchState Start { get; } = new([BeamHypothesis.Empty], [], 0);
}
