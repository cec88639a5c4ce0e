using Akka.Actor;

namespace Furiosa.Actors.Gateways;

/// <summary>What a gateway's actor is made with.</summary>
internal sealed record GatewaySettings(int MaxQueuedRequests, RuntimeBoard Board)
{
    /// <summary>The replicas that joined, by index; kept when the actor is restarted.</summary>
    public Dictionary<int, IActorRef> Replicas { get; } = [];
}
