using Akka.Actor;

namespace Furiosa.Actors.Protocol;

// What a device node's actor accepts from its own process.

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
