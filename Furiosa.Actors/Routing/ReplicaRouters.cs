namespace Furiosa.Actors.Routing;

/// <summary>The routing policies by name.</summary>
public static class ReplicaRouters
{
    /// <summary>The names of the policies.</summary>
    public static IReadOnlyList<string> Policies { get; } = ["scoring", "round-robin", "prefix-aware", "round_robin", "prefix_aware"];

    /// <summary>The names of the scoring policy's profiles.</summary>
    public static IReadOnlyList<string> Profiles { get; } = ["balanced", "locality", "load"];

    /// <summary>Makes a router.</summary>
    /// <param name="policy">One of <see cref="Policies"/>.</param>
    /// <param name="profile">One of <see cref="Profiles"/>; only scoring looks at it.</param>
    internal static IReplicaRouter Make(string policy, string profile) => policy.Replace('_', '-') switch
    {
        "round-robin" => new RoundRobinRouter(),
        "prefix-aware" => new PrefixAwareRouter(),
        _ => new ScoringRouter(profile switch
        {
            "locality" => ScoringProfile.Locality,
            "load" => ScoringProfile.Lightest,
            _ => ScoringProfile.Balanced,
        }),
    };
}
