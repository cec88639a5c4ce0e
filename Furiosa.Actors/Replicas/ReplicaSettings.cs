using System.Collections.Immutable;
using Furiosa.Actors.Groups;
using Furiosa.Actors.Scheduling;

namespace Furiosa.Actors.Replicas;

/// <summary>What a replica's actor is made with.</summary>
internal sealed record ReplicaSettings(int Index, ImmutableArray<PlannedStage> Stages, SchedulerOptions Scheduler)
{
    /// <summary>This node's name, of this life of its process.</summary>
    public string Node { get; init; } = "local";

    /// <summary>What must be the same on all nodes of the group.</summary>
    public string Model { get; init; } = "";

    /// <summary>The data connections of this node; null where every stage is in this process.</summary>
    public DataPath? Data { get; init; }

    /// <summary>Wait before the stages are made again after a fault; doubles with each fault in a row.</summary>
    public TimeSpan FirstBackOff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest wait.</summary>
    public TimeSpan LongestBackOff { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A step that has not come back after this time counts as lost, and the group with it.</summary>
    public TimeSpan StepTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How often gateways are told that it lives; zero for never, where all are of one process.</summary>
    public TimeSpan ReportInterval { get; init; }

    /// <summary>How often the actor looks around.</summary>
    public TimeSpan Pace => ReportInterval > TimeSpan.Zero && ReportInterval < StepTimeout / 8 ? ReportInterval : StepTimeout / 8;

    /// <summary>How often the making of stages is tried before the replica counts as failed.</summary>
    public int LoadAttempts { get; init; } = 5;

    /// <summary>Whether some of it is on other nodes, whose coming back is worth waiting for.</summary>
    public bool IsSpread => Stages.Any(stage => stage.Parts.Any(part => part.Host is not null));
}
