using System.Collections.Immutable;
using Akka.Actor;
using Furiosa.Actors.Gateways;
using Furiosa.Actors.Replicas;
using Furiosa.Actors.Scheduling;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Hosting;

/// <summary>What a device node's actor is made with.</summary>
/// <param name="Replicas">The replicas that it hosts from the start; none in a cluster, whose placer says what it hosts.</param>
/// <param name="Gateway">The gateway of this process; nobody where there is none.</param>
/// <param name="Progress">Told each layer that is ready.</param>
internal sealed record NodeSettings(ImmutableArray<ReplicaSettings> Replicas, IActorRef Gateway, IProgress<string>? Progress)
{
    /// <summary>What each PE of each stage of each replica holds, when all serve for the first time; fails when one cannot.</summary>
    public TaskCompletionSource<ImmutableArray<ImmutableArray<ImmutableArray<PeFootprint>>>> AllServing { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Where the state of its replicas is shown when there is no gateway to do so.</summary>
    public RuntimeBoard? Board { get; init; }

    /// <summary>Sizes of replicas that are assigned later.</summary>
    public SchedulerOptions? Scheduler { get; init; }

    /// <summary>Steps under way at once; null for as many as keep every node of a replica busy.</summary>
    public int? StepsInFlight { get; init; }

    /// <summary>Times of replicas that are assigned later.</summary>
    public Func<ReplicaSettings, ReplicaSettings> Finish { get; init; } = settings => settings;

    /// <summary>Who knows the other nodes, once this node is a member; like the next it outlives a restart of the actor.</summary>
    public IActorRef Peers { get; set; } = ActorRefs.Nobody;

    /// <summary>Whether the node gives its work away.</summary>
    public bool IsDraining { get; set; }

    /// <summary>Told what the admin is to read.</summary>
    public Action<string> Say { get; init; } = _ => { };
}
