using System.Globalization;

namespace Furiosa.Actors.Cluster;

/// <summary>What decides who goes on when nodes cannot reach each other: <see cref="DowningRule"/>, or one of Akka's strategies.</summary>
/// <param name="Strategy">Akka's name of the strategy; null for this server's own rule.</param>
/// <param name="Quorum">For <c>static-quorum</c>: the members that a side must have to go on.</param>
public sealed record SplitBrainResolver(string? Strategy, int Quorum = 0)
{
    /// <summary>Akka's strategies that need nothing of a cluster but its members.</summary>
    public static IReadOnlyList<string> Strategies { get; } = ["keep-majority", "keep-oldest", StaticQuorum, "down-all"];

    /// <summary>The strategy that needs a quorum.</summary>
    public const string StaticQuorum = "static-quorum";

    /// <summary>The rule of this server.</summary>
    public static SplitBrainResolver Own { get; } = new(Strategy: null);

    /// <summary>Akka's settings for it, to stand within <c>akka.cluster</c>.</summary>
    /// <param name="after">How long the set of unreachable nodes must stand still.</param>
    internal string Settings(TimeSpan after)
    {
        var time = string.Create(CultureInfo.InvariantCulture, $"{after.TotalMilliseconds:0}ms");
        return Strategy is null
            ? $"""
            downing-provider-class = "Furiosa.Actors.Cluster.NodeDowningProvider, Furiosa.Actors"
            furiosa-down-after = {time}
            """
            : $$"""
            downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
            split-brain-resolver {
              active-strategy = {{Strategy}}
              stable-after = {{time}}
              static-quorum.quorum-size = {{Quorum}}
            }
            """;
    }
}
