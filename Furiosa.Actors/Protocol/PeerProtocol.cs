using System.Collections.Immutable;
using Furiosa.Actors.Cluster;

namespace Furiosa.Actors.Protocol;

// What nodes tell each other, and what a node's own actors are told of it.

/// <summary>The sender's node lives, in the cluster named; told again and again.</summary>
internal sealed record PeerBeat(NodeDescription Node, ClusterMark Cluster) : IFuriosaMessage;

/// <summary>The receiver's node is not wanted in this cluster.</summary>
internal sealed record PeerRefused(string Reason) : IFuriosaMessage;

/// <summary>The receiver's node is to give its work away, or to take work again.</summary>
internal sealed record PeerDrain(bool Drains) : IFuriosaMessage;

/// <summary>The sender was restarted and knows of no node; answered with a <see cref="NodeSeen"/> for each.</summary>
internal sealed record TellNodesAgain : ILocalMessage
{
    public static TellNodesAgain Instance { get; } = new();
}

/// <summary>What is the cluster like? Answered with a <see cref="Hosting.ClusterReport"/>.</summary>
internal sealed record AskReport : ILocalMessage
{
    public static AskReport Instance { get; } = new();
}

/// <summary>Which nodes were heard just now? Answered with <see cref="HeardNodes"/>.</summary>
internal sealed record AskHeard : ILocalMessage
{
    public static AskHeard Instance { get; } = new();
}

/// <summary>Addresses of nodes that were heard within the last beats.</summary>
internal sealed record HeardNodes(ImmutableHashSet<string> Addresses) : ILocalMessage
{
    public static HeardNodes None { get; } = new([]);
}

/// <summary>Let a node drain, or not; answered with <see cref="NodeCommandTaken"/>.</summary>
internal sealed record CommandNode(string Name, bool Drains) : ILocalMessage;

/// <summary>A command was passed on; or why not.</summary>
internal sealed record NodeCommandTaken(string? Problem) : ILocalMessage;

/// <summary>Form a cluster, or find the one there is.</summary>
internal sealed record JoinCluster : ILocalMessage
{
    public static JoinCluster Instance { get; } = new();
}

/// <summary>What this node hosts has changed.</summary>
internal sealed record DescribeNode(Func<NodeDescription, NodeDescription> Change) : ILocalMessage;

/// <summary>A node is there, or there again, or has changed.</summary>
internal sealed record NodeSeen(NodeDescription Node, ImmutableArray<ReplicaJoined> Replicas) : ILocalMessage;

/// <summary>A node was lost, perhaps for a while; nothing that it had is to be waited for.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Reason">How that is known.</param>
/// <param name="IsGone">Whether it is no member of the cluster any more.</param>
internal sealed record NodeLost(string Address, string Reason, bool IsGone) : ILocalMessage
{
    /// <summary>Whether its process seems to have ended, for which a request may be the reason; silence has others.</summary>
    public bool HasEnded { get; init; }
}
