using Akka.Actor;

namespace Furiosa.Actors.Replicas;

/// <summary>Who wants to know a replica's state; and the epoch. Both outlive a restart of its actor.</summary>
internal sealed class Subscribers
{
    private readonly HashSet<IActorRef> _gateways = [];

    // Epochs ascend over the actor's restarts, and over the process's by the clock.
    private long _epoch = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    public long NextEpoch() => ++_epoch;

    public void Add(IActorRef gateway) => _gateways.Add(gateway);

    public void Remove(IActorRef gateway) => _gateways.Remove(gateway);

    public void Tell(object message, IActorRef sender)
    {
        foreach (var gateway in _gateways) gateway.Tell(message, sender);
    }
}
