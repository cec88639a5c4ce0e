namespace Furiosa.Actors.Routing;

/// <summary>How busy replicas count as.</summary>
internal static class RouteLoads
{
    private const double Part = 0.75;

    /// <summary>How long a replica counts as fresh.</summary>
    public static TimeSpan Ramp { get; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A replica that has just come has nothing to do, and every gateway would send it all it has: for a while it counts as if it had a
    /// good part of the older ones' load besides its own, less and less.
    /// </summary>
    public static double[] Of(IReadOnlyList<RouteCandidate> candidates)
    {
        var mean = candidates.Where(candidate => candidate.Age >= Ramp).Select(candidate => candidate.Load).DefaultIfEmpty().Average();
        return [.. candidates.Select(candidate => candidate.Load + (Part * mean * Math.Max(0, 1 - (candidate.Age / Ramp))))];
    }
}
