using Akka.Actor;

namespace Furiosa.Actors.Replicas;

/// <summary>What outlives a restart of a replica's actor: who wants to know its state, the epoch, and whether it ever served.</summary>
internal sealed class Subscribers
{
    private readonly HashSet<IActorRef> _gateways = [];

    // Epochs ascend over the actor's restarts, and over the process's by the clock.
    private long _epoch = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    /// <summary>Whether the replica has served: then its configuration is sound, and it is worth trying again.</summary>
    public bool HasServed { get; set; }

    public long NextEpoch() => ++_epoch;

    public void Add(IActorRef gateway) => _gateways.Add(gateway);

    public void Remove(IActorRef gateway) => _gateways.Remove(gateway);

    public void Tell(object message, IActorRef sender)
    {
        foreach (var gateway in _gateways) gateway.Tell(message, sender);
    }
}
