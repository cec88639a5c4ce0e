using System.Collections.Immutable;

namespace Furiosa.Actors.Routing;

/// <summary>
/// The replica that has computed the longest part of the prompt before, if that is a good part of it and the replicas are not out of
/// balance; else the one with the least to do.
/// </summary>
internal sealed class PrefixAwareRouter : IReplicaRouter
{
    private const double GoodPart = 0.3;
    private const double LoadSlack = 64;
    private const double LoadFactor = 1.5;

    private readonly PrefixMemories _memories = new();

    public int Pick(ImmutableArray<int> prompt, IReadOnlyList<RouteCandidate> candidates)
    {
        var hashes = PrefixMemory.Hash(prompt);
        var loads = RouteLoads.Of(candidates);
        var matches = candidates.Select(candidate => _memories.Of(candidate.Key).Match(hashes)).ToList();
        var (least, most) = (loads.Min(), loads.Max());
        var outOfBalance = most - least > LoadSlack && most > LoadFactor * least;
        var known = matches.Max();
        var byPrefix = !outOfBalance && hashes.Length > 0 && known > GoodPart * hashes.Length;
        var best = -1;
        for (var i = 0; i < candidates.Count; i++)
        {
            if (byPrefix && matches[i] < known) continue;
            if (best < 0 || loads[i] < loads[best]) best = i;
        }
        _memories.Of(candidates[best].Key).Add(hashes);
        return best;
    }

    public void Forget(object key) => _memories.Forget(key);
}
