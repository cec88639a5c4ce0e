using System.Collections.Immutable;
using Furiosa.Actors.Scheduling;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Replicas;

/// <summary>What a replica's actor is made with.</summary>
internal sealed record ReplicaSettings(int Index, ImmutableArray<StagePlacement> Stages, SchedulerOptions Scheduler)
{
    /// <summary>Wait before the stages are made again after a fault; doubles with each fault in a row.</summary>
    public TimeSpan FirstBackOff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest wait.</summary>
    public TimeSpan LongestBackOff { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A step that has not come back after this time counts as lost, and the group with it.</summary>
    public TimeSpan StepTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How often gateways are told that it lives; zero for never, where all are of one process.</summary>
    public TimeSpan ReportInterval { get; init; }

    /// <summary>How often the making of stages is tried before the replica counts as failed.</summary>
    public int LoadAttempts { get; init; } = 5;
}
