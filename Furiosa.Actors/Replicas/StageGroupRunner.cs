using System.Collections.Immutable;
using Akka.Actor;
using Furiosa.Actors.Groups;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Replicas;

/// <summary>The group of a replica, here and on other nodes: begun together, ready when all of it is, ended together.</summary>
internal sealed class StageGroupRunner(ReplicaSettings settings, IModelHost host, IProgress<string>? progress)
{
    private readonly HashSet<IActorRef> _actors = [];
    private PeFootprint?[][] _footprints = [];
    private GroupRouter? _router;
    private GroupAssembly? _assembly;
    private long _epoch;

    /// <summary>Whether all stages are ready.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether no stage actor is left in this process.</summary>
    public bool IsEmpty => _actors.Count == 0;

    /// <summary>What each PE of each stage holds, once complete.</summary>
    public ImmutableArray<ImmutableArray<PeFootprint>> Footprints => [.. _footprints.Select(stage => stage.Select(pe => pe!).ToImmutableArray())];

    /// <summary>Whether the group was told to stop.</summary>
    public bool IsStopping { get; private set; }

    /// <summary>Begins a group: its stages tell the replica when they are ready.</summary>
    public void Start(IActorContext context, long epoch)
    {
        (_epoch, IsStopping) = (epoch, false);
        _footprints = [.. settings.Stages.Select(stage => new PeFootprint?[stage.Pes.Length])];
        var (plan, others) = GroupPlans.Make(settings, epoch);
        var replica = context.Self;
        _router = new GroupRouter(
            plan, GroupWiring.Home, host, settings.Data, replica, (reason, death) => replica.Tell(new StepFaulted(epoch, 0, reason, death), ActorRefs.NoSender));
        if (others.IsEmpty)
        {
            StartStages(context);
            return;
        }
        _assembly = new GroupAssembly(plan, others, settings.Data!);
        _assembly.Open(context);
    }

    /// <summary>Notes another node that takes part; with the last of them the group connects.</summary>
    public void Opened(IActorContext context, GroupOpened opened)
    {
        if (opened.Epoch != _epoch || IsStopping || _assembly is null || !_assembly.Add(context, opened, context.Sender)) return;
        var epoch = _epoch;
        _router!.Links.ConnectAsync(_assembly.Endpoints).PipeTo(
            context.Self, success: () => new GroupConnected(epoch), failure: fault => new StageFailed(epoch, 0, fault.GetBaseException().Message));
    }

    /// <summary>The group is connected: the stages of this node begin.</summary>
    public void Connected(IActorContext context, GroupConnected connected)
    {
        if (connected.Epoch == _epoch && !IsStopping) StartStages(context);
    }

    /// <summary>Notes a part of a stage that is ready; true with the last one.</summary>
    public bool Add(StageReady ready)
    {
        for (var i = 0; i < ready.Ranks.Length; i++) _footprints[ready.Stage][ready.Ranks[i]] = ready.Footprints[i];
        IsComplete = _footprints.All(stage => Array.TrueForAll(stage, pe => pe is not null));
        return IsComplete;
    }

    /// <summary>Gives a step to the first stage.</summary>
    public void Run(StepBatch batch) => _router!.Give(0, new RunStage(_epoch, new StageStep(batch, null)));

    public void StopAll(IActorContext context)
    {
        IsComplete = false;
        IsStopping = true;
        _router?.Dispose();
        _assembly?.Close(context);
        (_router, _assembly) = (null, null);
        foreach (var actor in _actors) context.Stop(actor);
    }

    /// <summary>Notes that an actor has ended; false when it is none of these.</summary>
    public bool Remove(IActorRef actor) => _actors.Remove(actor) || _assembly?.Has(actor) == true;

    /// <summary>Whether a node takes part in a group that is under way.</summary>
    /// <param name="address">The node's.</param>
    public bool Awaits(string address) => !IsStopping && _assembly?.Spans(address) == true;

    private void StartStages(IActorContext context) => _actors.UnionWith(_router!.StartStages(context, host, progress));
}
