using System.Collections.Immutable;
using Akka.Actor;
using Furiosa.Actors.Cluster;

namespace Furiosa.Actors.Protocol;

// What a device node's actor accepts.

/// <summary>Host these replicas and no others.</summary>
/// <param name="Version">Grows from plan to plan; an older one is ignored.</param>
/// <param name="Replicas">The replicas at home here.</param>
/// <param name="Nodes">The nodes that hold parts of replicas.</param>
/// <param name="Notices">What the placer says of the plan, for reports.</param>
internal sealed record AssignReplicas(
    long Version, ImmutableArray<PlacedReplica> Replicas, ImmutableArray<NodeAddress> Nodes, ImmutableArray<string> Notices) : IFuriosaMessage;

/// <summary>Who tells other nodes of this one.</summary>
internal sealed record PeersReady(IActorRef Peers) : ILocalMessage;

/// <summary>Take no new requests; answer with <see cref="NodeDrained"/> when none is left.</summary>
internal sealed record DrainNode : ILocalMessage
{
    public static DrainNode Instance { get; } = new();
}

/// <summary>Take requests again.</summary>
internal sealed record UndrainNode : ILocalMessage
{
    public static UndrainNode Instance { get; } = new();
}

/// <summary>No request is left on this node.</summary>
internal sealed record NodeDrained : ILocalMessage
{
    public static NodeDrained Instance { get; } = new();
}
