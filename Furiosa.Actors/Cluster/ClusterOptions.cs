namespace Furiosa.Actors.Cluster;

/// <summary>PEM files that secure a cluster.</summary>
/// <param name="Authority">The cluster authority's certificate.</param>
/// <param name="Certificate">The node's certificate.</param>
/// <param name="Key">The node's key.</param>
public sealed record ClusterTls(string Authority, string Certificate, string Key);

/// <summary>How a process takes part in a cluster. Every node of a cluster has the same times.</summary>
public sealed record ClusterOptions
{
    /// <summary>Name or address at which other nodes reach this one.</summary>
    public required string Hostname { get; init; }

    /// <summary>Address to listen on; null for <see cref="Hostname"/>.</summary>
    public string? BindHostname { get; init; }

    /// <summary>Port for the other nodes; 0 lets the system choose.</summary>
    public required int Port { get; init; }

    /// <summary>Name of the node in device specifications and reports; null for <c>hostname:port</c>.</summary>
    public string? NodeName { get; init; }

    /// <summary>Where to ask for the cluster, as <c>host:port</c>; empty to begin one.</summary>
    public IReadOnlyList<string> SeedNodes { get; init; } = [];

    /// <summary>Port for data connections; 0 lets the system choose.</summary>
    public int DataPort { get; init; }

    /// <summary>The cluster's certificates; null for none, which only nodes on the loopback address may do without.</summary>
    public ClusterTls? Tls { get; init; }

    /// <summary>How often nodes tell each other that they live.</summary>
    public TimeSpan BeatInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>A node or replica that was not heard of for this long counts as lost.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a request waits when no replica can take it, before it is refused.</summary>
    public TimeSpan CapacityWait { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the set of unreachable nodes must stand still before they are removed.</summary>
    public TimeSpan DownAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What decides who goes on when nodes cannot reach each other.</summary>
    public SplitBrainResolver Resolver { get; init; } = SplitBrainResolver.Own;
}
