using System.Collections.Immutable;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Protocol;

// What a replica's actor accepts, from gateways first and then from its stages.

/// <summary>What a gateway sends within its session, numbered from 1, so that a lost message is noticed.</summary>
internal interface ISessionMessage : IFuriosaMessage
{
    /// <summary>Number within the session.</summary>
    long Serial { get; }
}

/// <summary>Takes a request; its events go to the sender.</summary>
internal sealed record SubmitRequest(GenerationRequest Request, long Serial) : ISessionMessage;

/// <summary>Ends a request without an answer. Unknown names are ignored.</summary>
internal sealed record AbortRequest(string RequestId, long Serial) : ISessionMessage;

/// <summary>Ends one choice: its text has reached a stop string.</summary>
internal sealed record FinishRequestChoice(string RequestId, int Choice, long Serial) : ISessionMessage;

/// <summary>The sender opens a session: it hears of this replica's state from now on, and has given up whatever it asked of it before.</summary>
internal sealed record SubscribeToReplica(long Session) : IFuriosaMessage;

/// <summary>New requests are taken again.</summary>
internal sealed record UndrainReplica : IFuriosaMessage
{
    public static UndrainReplica Instance { get; } = new();
}

/// <summary>No new requests; those it has are finished.</summary>
internal sealed record DrainReplica : IFuriosaMessage
{
    public static DrainReplica Instance { get; } = new();
}

/// <summary>The weights and caches of some ranks of a stage are in place; a footprint for each of the ranks.</summary>
internal sealed record StageReady(long Epoch, int Stage, ImmutableArray<int> Ranks, ImmutableArray<PeFootprint> Footprints) : IFuriosaMessage;

/// <summary>A stage could not be made.</summary>
internal sealed record StageFailed(long Epoch, int Stage, string Reason) : IFuriosaMessage;

/// <summary>A node knows of a later epoch of the group than the one that it was asked to take part in: the replica's clock is behind that of an earlier home.</summary>
/// <param name="Epoch">What it was asked for.</param>
/// <param name="Known">What it knows of.</param>
/// <param name="Reason">The same in one line.</param>
internal sealed record EpochIsOver(long Epoch, long Known, string Reason) : IFuriosaMessage;

/// <summary>A step has passed the last stage. Between nodes it goes over their data connection. The answers are the receiver's until it has applied them.</summary>
internal sealed record StepCompleted(long Epoch, StepResult Result) : ILocalMessage;

/// <summary>A stage died, in a step or outside of one. Its KV content is suspect.</summary>
internal sealed record StepFaulted(long Epoch, int Stage, string Reason, GroupDeath Death) : IFuriosaMessage;
