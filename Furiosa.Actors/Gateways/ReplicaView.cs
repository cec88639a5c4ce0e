using System.Collections.Immutable;
using Akka.Actor;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Gateways;

/// <summary>What a gateway knows of a replica.</summary>
internal sealed class ReplicaView(int index, IActorRef actor)
{
    public int Index { get; } = index;

    public IActorRef Actor { get; } = actor;

    /// <summary>The newest epoch heard of; what comes of an older one is about a group that is gone.</summary>
    public long Epoch { get; set; }

    public ReplicaState State { get; set; } = ReplicaState.Loading;

    public string? Reason { get; set; }

    public ReplicaLoad Load { get; set; }

    /// <summary>What its PEs hold; empty until it first serves.</summary>
    public ImmutableArray<ImmutableArray<PeFootprint>> Stages { get; set; } = [];

    /// <summary>Sequences of this gateway that it has not finished.</summary>
    public int OwnSequences { get; set; }

    /// <summary>Whether it has served, so that a queue in front of it will move on.</summary>
    public bool HasServed => !Stages.IsEmpty;
}
