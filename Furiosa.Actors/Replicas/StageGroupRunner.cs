using System.Collections.Immutable;
using Akka.Actor;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Stages;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Replicas;

/// <summary>The stage actors of a replica: started together, ready when all are, stopped together.</summary>
internal sealed class StageGroupRunner(ReplicaSettings settings, IModelHost host, IProgress<string>? progress)
{
    private readonly HashSet<IActorRef> _actors = [];
    private readonly ImmutableArray<PeFootprint>?[] _footprints = new ImmutableArray<PeFootprint>?[settings.Stages.Length];

    /// <summary>The first stage.</summary>
    public IActorRef First { get; private set; } = ActorRefs.Nobody;

    /// <summary>Whether all stages are ready.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether no stage actor is left.</summary>
    public bool IsEmpty => _actors.Count == 0;

    /// <summary>What each PE of each stage holds, once complete.</summary>
    public ImmutableArray<ImmutableArray<PeFootprint>> Footprints => [.. _footprints.Select(stage => stage!.Value)];

    /// <summary>Whether the group was told to stop.</summary>
    public bool IsStopping { get; private set; }

    /// <summary>Starts all stages; the last one first, since each knows the next.</summary>
    public void Start(IActorContext context, long epoch)
    {
        Array.Clear(_footprints);
        IsStopping = false;
        IActorRef? next = null;
        for (var index = settings.Stages.Length - 1; index >= 0; index--)
        {
            var stage = new StageSettings(epoch, settings.Stages[index], settings.Scheduler.BlockCount, context.Self, next);
            next = context.Watch(context.ActorOf(Props.Create(() => new StageActor(stage, host, progress)), $"stage-{index}-{epoch}"));
            _actors.Add(next);
        }
        First = next!;
    }

    /// <summary>Notes a stage that is ready; true with the last one.</summary>
    public bool Add(StageReady ready)
    {
        _footprints[ready.Stage] = ready.Footprints;
        IsComplete = Array.TrueForAll(_footprints, stage => stage is not null);
        return IsComplete;
    }

    public void StopAll(IActorContext context)
    {
        IsComplete = false;
        IsStopping = true;
        First = ActorRefs.Nobody;
        foreach (var actor in _actors) context.Stop(actor);
    }

    /// <summary>Notes that an actor has ended; false when it is none of these.</summary>
    public bool Remove(IActorRef actor) => _actors.Remove(actor);
}
