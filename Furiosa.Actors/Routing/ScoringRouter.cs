using System.Collections.Immutable;

namespace Furiosa.Actors.Routing;

/// <summary>
/// The replica with the best sum of two scores from 0 to 1: the part of the prompt that it has computed before, and how much less than the
/// busiest it has to do. Of equals the one with less to do, then the lower index.
/// </summary>
internal sealed class ScoringRouter(ScoringProfile profile) : IReplicaRouter
{
    private readonly PrefixMemories _memories = new();

    public int Pick(ImmutableArray<int> prompt, IReadOnlyList<RouteCandidate> candidates)
    {
        var hashes = PrefixMemory.Hash(prompt);
        var loads = RouteLoads.Of(candidates);
        var most = Math.Max(loads.Max(), 1);
        var (best, bestScore) = (-1, double.NegativeInfinity);
        for (var i = 0; i < candidates.Count; i++)
        {
            var known = hashes.Length == 0 ? 0 : (double)_memories.Of(candidates[i].Key).Match(hashes) / hashes.Length;
            var score = (profile.Prefix * known) + (profile.Load * (1 - (loads[i] / most)));
            if (score > bestScore || (score == bestScore && loads[i] < loads[best])) (best, bestScore) = (i, score);
        }
        _memories.Of(candidates[best].Key).Add(hashes);
        return best;
    }

    public void Forget(object key) => _memories.Forget(key);
}
