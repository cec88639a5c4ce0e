using System.Collections.Immutable;
using Akka.Actor;
using Furiosa.Actors.Replicas;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Hosting;

/// <summary>What a device node's actor is made with.</summary>
/// <param name="Replicas">The replicas that it hosts.</param>
/// <param name="Gateway">The gateway of this process; nobody where there is none.</param>
/// <param name="Progress">Told each layer that is ready.</param>
internal sealed record NodeSettings(ImmutableArray<ReplicaSettings> Replicas, IActorRef Gateway, IProgress<string>? Progress)
{
    /// <summary>What each PE of each stage of each replica holds, when all serve for the first time; fails when one cannot.</summary>
    public TaskCompletionSource<ImmutableArray<ImmutableArray<ImmutableArray<PeFootprint>>>> AllServing { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
