using System.Collections.Immutable;

namespace Furiosa.Actors.Routing;

/// <summary>One after the other, whatever they have to do.</summary>
internal sealed class RoundRobinRouter : IReplicaRouter
{
    private long _turn;

    public int Pick(ImmutableArray<int> prompt, IReadOnlyList<RouteCandidate> candidates) => (int)(_turn++ % candidates.Count);

    public void Forget(object key)
    {
    }
}
