using System.Collections.Immutable;

namespace Furiosa.Actors.Routing;

/// <summary>Which replica a request goes to. Not thread-safe: each gateway has its own.</summary>
internal interface IReplicaRouter
{
    /// <summary>Picks one.</summary>
    /// <param name="prompt">The prompt's ids.</param>
    /// <param name="candidates">The replicas that take requests, at least one, by ascending index.</param>
    /// <returns>The place of the one picked among the candidates.</returns>
    int Pick(ImmutableArray<int> prompt, IReadOnlyList<RouteCandidate> candidates);

    /// <summary>A replica is gone, or has lost what it had cached.</summary>
    /// <param name="key">Its key.</param>
    void Forget(object key);
}

/// <summary>A replica as routing sees it.</summary>
/// <param name="Key">What it is known by.</param>
/// <param name="Load">Sequences that it has to work on, as far as is known.</param>
/// <param name="Age">How long it has served.</param>
internal readonly record struct RouteCandidate(object Key, int Load, TimeSpan Age);
