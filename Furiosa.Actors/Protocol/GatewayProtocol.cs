using System.Collections.Immutable;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Protocol;

// What a gateway's actor accepts from replicas.

/// <summary>All that a step (or a message between steps) made for requests of this gateway.</summary>
internal sealed record StepOutput(int Replica, long Epoch, ImmutableArray<RequestOutput> Outputs, ReplicaLoad Load) : IFuriosaMessage;

/// <summary>One event of one request.</summary>
internal readonly record struct RequestOutput(string RequestId, GenerationEvent Event);

/// <summary>A replica's state has changed.</summary>
internal sealed record ReplicaStatus(int Replica, long Epoch, ReplicaState State, string? Reason, ReplicaLoad Load) : IFuriosaMessage;

/// <summary>A replica has its stages in place; sent before the status that says so.</summary>
internal sealed record ReplicaPlaced(int Replica, long Epoch, ImmutableArray<ImmutableArray<PeFootprint>> Stages) : IFuriosaMessage;

/// <summary>How much a replica has to do and how much room it has.</summary>
internal readonly record struct ReplicaLoad(int Running, int Waiting, int FreeBlocks, int CachedBlocks);

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
