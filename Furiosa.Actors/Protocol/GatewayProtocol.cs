using System.Collections.Immutable;
using Furiosa.Actors.Observation;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Protocol;

// What a gateway's actor accepts from replicas.

/// <summary>All that a step (or a message between steps) made for requests of this gateway.</summary>
internal sealed record StepOutput(
    int Replica, long Epoch, SessionMark Mark, ImmutableArray<RequestOutput> Outputs, ReplicaLoad Load) : IFuriosaMessage;

/// <summary>Where a message stands in the session of one gateway with one replica.</summary>
/// <param name="Session">The session, named by the gateway. What carries another is about a time that is over.</param>
/// <param name="Serial">Number of this message, from 0: a gap means that messages were lost, and with them tokens. -1 ends the session.</param>
/// <param name="Received">Number of the last message that came from the gateway.</param>
internal readonly record struct SessionMark(long Session, long Serial, long Received);

/// <summary>One event of one request. The commonest one is no object of its own, so that a step's message stays small however many requests it advances.</summary>
/// <param name="RequestId">The request.</param>
/// <param name="Event">The event; null for <paramref name="Token"/>.</param>
/// <param name="Token">A token by itself; not looked at beside an event.</param>
internal readonly record struct RequestOutput(string RequestId, GenerationEvent? Event, PlainToken Token = default)
{
    /// <summary>The event; null for a token by itself.</summary>
    public GenerationEvent? Event { get; } = Event;

    /// <summary>A token by itself.</summary>
    public PlainToken Token { get; } = Event is null ? Token : default;

    /// <summary>The event as an object.</summary>
    public GenerationEvent ToEvent() => Event ?? Token.ToEvent();
}

/// <summary>A replica's state has changed, or is told again because nothing else was to be told.</summary>
internal sealed record ReplicaStatus(int Replica, long Epoch, SessionMark Mark, ReplicaState State, string? Reason, ReplicaLoad Load) : IFuriosaMessage;

/// <summary>A replica has its stages in place; sent before the status that says so.</summary>
internal sealed record ReplicaPlaced(int Replica, long Epoch, SessionMark Mark, ImmutableArray<ImmutableArray<PeFootprint>> Stages) : IFuriosaMessage;

/// <summary>How much a replica has to do and how much room it has.</summary>
internal readonly record struct ReplicaLoad(int Running, int Waiting, int FreeBlocks, int CachedBlocks, StateCounts States = default);

/// <summary>Phase of a replica's life.</summary>
internal enum ReplicaState
{
    /// <summary>Its stages are made, for the first time or after a fault. It takes requests into its queue.</summary>
    Loading,

    /// <summary>It computes.</summary>
    Serving,

    /// <summary>It takes no new requests.</summary>
    Draining,

    /// <summary>Its stages cannot be made.</summary>
    Failed,
}
