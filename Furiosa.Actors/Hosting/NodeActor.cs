using System.Collections.Immutable;
using Akka.Actor;
using Furiosa.Actors.Cluster;
using Furiosa.Actors.Gateways;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Replicas;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Hosting;

/// <summary>Hosts the replicas of this process. A replica whose scheduler fails is started again, unless it fails all the time.</summary>
internal sealed class NodeActor : ReceiveActor
{
    private readonly NodeSettings _settings;
    private readonly IModelHost _host;
    private readonly Dictionary<IActorRef, ReplicaView> _replicas = [];
    private readonly TaskCompletionSource<ImmutableArray<ImmutableArray<ImmutableArray<PeFootprint>>>> _serving;
    private IActorRef _peers = ActorRefs.Nobody;
    private IActorRef? _drainer;

    public NodeActor(NodeSettings settings, IModelHost host)
    {
        (_settings, _host, _serving) = (settings, host, settings.AllServing);
        Receive<PeersReady>(ready =>
        {
            _peers = ready.Peers;
            Describe();
        });
        Receive<ReplicaPlaced>(placed =>
        {
            if (Find(placed.Mark) is { } replica) replica.Stages = placed.Stages;
        });
        Receive<ReplicaStatus>(status =>
        {
            if (Find(status.Mark) is not { } replica) return;
            (replica.State, replica.Reason, replica.Load) = (status.State, status.Reason, status.Load);
            TellStart();
            AnswerWhenDrained();
        });
        Receive<DrainNode>(_ =>
        {
            _drainer = Sender;
            foreach (var replica in _replicas.Keys) replica.Tell(DrainReplica.Instance);
            Describe();
            AnswerWhenDrained();
        });
        Receive<UndrainNode>(_ =>
        {
            _drainer = null;
            foreach (var replica in _replicas.Keys) replica.Tell(UndrainReplica.Instance);
            Describe();
        });
    }

    protected override SupervisorStrategy SupervisorStrategy() =>
        new OneForOneStrategy(maxNrOfRetries: 5, withinTimeRange: TimeSpan.FromMinutes(1), _ => Directive.Restart);

    protected override void PreStart()
    {
        foreach (var replica in _settings.Replicas) Start(replica);
    }

    private void Start(ReplicaSettings settings)
    {
        var sessions = new GatewaySessions();
        var actor = Context.ActorOf(
            Props.Create(() => new ReplicaActor(settings, _host, sessions, _settings.Progress)), $"replica-{settings.Index}");
        var view = new ReplicaView(settings.Index, actor);
        _replicas.Add(actor, view);
        view.Connect();
        _settings.Gateway.Tell(new ReplicaJoined(settings.Index, actor));
    }

    private ReplicaView? Find(SessionMark mark) => _replicas.TryGetValue(Sender, out var view) && view.Take(mark) == true ? view : null;

    private void TellStart()
    {
        if (_serving.Task.IsCompleted) return;
        if (_replicas.Values.FirstOrDefault(view => view.State == ReplicaState.Failed) is { } failed)
            _serving.TrySetException(new RuntimeStartException(failed.Reason ?? "A replica could not be started."));
        else if (_replicas.Values.All(view => view.Serves))
            _serving.TrySetResult([.. _replicas.Values.OrderBy(view => view.Index).Select(view => view.Stages)]);
    }

    private void AnswerWhenDrained()
    {
        if (_drainer is not null && _replicas.Values.All(view => view.State != ReplicaState.Serving && view.Load is { Running: 0, Waiting: 0 }))
            _drainer.Tell(NodeDrained.Instance);
    }

    private void Describe()
    {
        var draining = _drainer is not null;
        ImmutableArray<HostedReplica> hosted = [.. _replicas.Values.OrderBy(view => view.Index).Select(view => new HostedReplica(view.Index, PathOf(view.Actor)))];
        _peers.Tell(new DescribeNode(node => node with { Replicas = hosted, IsDraining = draining }));
    }

    private static string PathOf(IActorRef actor) => Akka.Serialization.Serialization.SerializedActorPath(actor);
}
