using Akka.Actor;
using Furiosa.Actors.Groups;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Stages;

/// <summary>What a stage's actor is made with.</summary>
internal sealed record StageSettings(long Epoch, StagePlacement Placement, CacheSize Cache, IActorRef Replica, IStageOutlet Outlet)
{
    /// <summary>Name of this node; empty in a process by itself.</summary>
    public string Node { get; init; } = "";

    /// <summary>How long the stage's end waits for the step that is still being computed.</summary>
    public TimeSpan LongestStop { get; init; } = TimeSpan.FromSeconds(5);
}
