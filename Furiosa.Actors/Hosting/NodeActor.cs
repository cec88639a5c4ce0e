using System.Collections.Immutable;
using Akka.Actor;
using Furiosa.Actors.Cluster;
using Furiosa.Actors.Gateways;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Replicas;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Hosting;

/// <summary>
/// Hosts the replicas of this process: by itself those that it was started with, in a cluster those that the placer says. A replica whose
/// scheduler fails is started again, unless it fails all the time.
/// </summary>
internal sealed class NodeActor : ReceiveActor
{
    /// <summary>Name of the actor that makes stages for other nodes' replicas.</summary>
    public const string StageHostName = "stages";

    private readonly NodeSettings _settings;
    private readonly IModelHost _host;
    private readonly HostedReplicas _replicas = new();
    private readonly HashSet<IActorRef> _drainers = [];
    private long _started;
    private long _planVersion;
    private ImmutableArray<string> _planNotices = [];

    public NodeActor(NodeSettings settings, IModelHost host)
    {
        (_settings, _host) = (settings, host);
        Receive<PeersReady>(ready =>
        {
            _settings.Peers = ready.Peers;
            Describe();
        });
        Receive<ReplicaPlaced>(placed =>
        {
            if (_replicas.Find(Sender, placed.Mark) is { } replica) replica.Stages = placed.Stages;
        });
        Receive<ReplicaStatus>(Note);
        Receive<ReplicaReport>(report =>
        {
            if (_replicas.Find(Sender) is not { } replica) return;
            (replica.Counters, replica.Work) = (report.Counters, report.Stages);
            Publish();
        });
        Receive<StageWorked>(worked => _settings.Board?.NoteWork(worked.Replica, worked.Work));
        Receive<AssignReplicas>(Assign);
        Receive<DrainNode>(_ =>
        {
            _drainers.Add(Sender);
            SetDraining(true);
            AnswerWhenDrained();
        });
        Receive<UndrainNode>(_ => SetDraining(false));
        Receive<NodeSeen>(seen => DropStale(seen.Node));
        Receive<NodeLost>(lost =>
        {
            foreach (var replica in _replicas.Actors) replica.Tell(lost);
        });
    }

    protected override SupervisorStrategy SupervisorStrategy() =>
        new OneForOneStrategy(maxNrOfRetries: 5, withinTimeRange: TimeSpan.FromMinutes(1), _ => Directive.Restart);

    protected override void PreStart()
    {
        foreach (var replica in _settings.Replicas) Start(replica, null, []);
        if (_settings.Board is not null) Context.System.EventStream.Subscribe(Self, typeof(StageWorked));
    }

    protected override void PostRestart(Exception reason)
    {
        base.PostRestart(reason);
        // Its replicas have ended with it: the placer gives it others.
        Describe();
    }

    private void Start(ReplicaSettings settings, PlacedReplica? placed, ImmutableArray<NodeAddress> nodes)
    {
        var sessions = new GatewaySessions(placed?.Id ?? 0);
        var name = placed is null ? $"replica-{settings.Index}" : $"replica-{settings.Index}-{placed.Id}-{++_started}";
        var actor = Context.ActorOf(Props.Create(() => new ReplicaActor(settings, _host, sessions, _settings.Progress)).On(Context.System, ChainDispatchers.Steps), name);
        var view = new ReplicaView(settings.Index, actor);
        _replicas.Add(view, placed, nodes);
        view.Connect();
        _settings.Gateway.Tell(new ReplicaJoined(settings.Index, actor));
    }

    private void Note(ReplicaStatus status)
    {
        if (_replicas.Find(Sender, status.Mark) is not { } replica) return;
        var before = replica.State;
        (replica.State, replica.Reason, replica.Load) = (status.State, status.Reason, status.Load);
        if (before != replica.State)
        {
            if (!_settings.Peers.IsNobody()) _settings.Say($"Replica {replica.Index} is {replica.State.ToString().ToLowerInvariant()}{(replica.Reason is null ? "" : $": {replica.Reason}")}");
            Describe();
        }
        TellStart();
        Publish();
        AnswerWhenDrained();
    }

    private void Publish() =>
        _settings.Board?.Publish(_replicas.Views, _settings.IsDraining, _replicas.Views.Sum(view => view.Load.Running), _replicas.Views.Sum(view => view.Load.Waiting));

    private void TellStart()
    {
        if (_settings.AllServing.Task.IsCompleted || _settings.Replicas.IsEmpty) return;
        if (_replicas.Views.FirstOrDefault(view => view.State == ReplicaState.Failed) is { } failed)
            _settings.AllServing.TrySetException(new RuntimeStartException(failed.Reason ?? "A replica could not be started."));
        else if (_replicas.Views.All(view => view.Serves))
            _settings.AllServing.TrySetResult([.. _replicas.Views.OrderBy(view => view.Index).Select(view => view.Stages)]);
    }

    /// <summary>Hosts what the newest plan says; what it has no place for any more ends, and its requests go on elsewhere.</summary>
    private void Assign(AssignReplicas plan)
    {
        if (plan.Version <= _planVersion) return;
        (_planVersion, _planNotices) = (plan.Version, plan.Notices);
        // While it drains a node finishes what it has, which no plan knows of.
        if (!_settings.IsDraining)
        {
            foreach (var other in _replicas.TakeOthers(plan.Replicas)) Context.Stop(other.Actor);
            foreach (var placed in plan.Replicas.Where(placed => !_replicas.Has(placed.Id))) Start(_settings.Finish(SettingsOf(placed, plan.Nodes)), placed, [.. plan.Nodes.Where(node => placed.Nodes().Contains(node.Name))]);
        }
        Describe();
    }

    /// <summary>A node that came back as another process has nothing of what a replica had on it: the placer makes another.</summary>
    private void DropStale(NodeDescription node)
    {
        var stale = _replicas.TakeStale(node);
        if (stale.Count == 0) return;
        foreach (var replica in stale) Context.Stop(replica.Actor);
        Describe();
        AnswerWhenDrained();
    }

    private ReplicaSettings SettingsOf(PlacedReplica placed, ImmutableArray<NodeAddress> nodes)
    {
        ImmutableArray<PlannedStage> stages =
        [
            .. placed.Stages.Select(stage => new PlannedStage(stage.Index, [.. stage.Pes.Select(pe => pe.Id)],
            [
                .. stage.Pes.Index().GroupBy(pe => pe.Item.Node, pe => pe.Index).Select(part => new StagePart(
                    part.Key == placed.Home() ? null : HostOf(nodes.First(node => node.Name == part.Key)), [.. part])),
            ])),
        ];
        var scheduler = _settings.Scheduler! with { BlockCount = placed.Cache.Blocks, StateCount = placed.Cache.States, StepsInFlight = _settings.StepsInFlight ?? PlannedStage.StepsInFlight(stages) };
        return new ReplicaSettings(placed.Index, stages, scheduler);
    }

    private static StageHostRef HostOf(NodeAddress node) =>
        new(node.Identity, ((ExtendedActorSystem)Context.System).Provider.ResolveActorRef($"{node.Address}/user/{StageHostName}"));

    private void SetDraining(bool isDraining)
    {
        if (!isDraining) _drainers.Clear();
        _settings.IsDraining = isDraining;
        foreach (var replica in _replicas.Actors) replica.Tell(isDraining ? DrainReplica.Instance : UndrainReplica.Instance);
        if (!_settings.Peers.IsNobody()) _settings.Say(isDraining ? "Draining: what runs here goes on at other nodes, or finishes" : "Taking work again");
        Describe();
    }

    private void AnswerWhenDrained()
    {
        if (!_settings.IsDraining || !_replicas.IsIdle) return;
        foreach (var drainer in _drainers) drainer.Tell(NodeDrained.Instance);
        _drainers.Clear();
        if (_settings.Peers.IsNobody() || _replicas.Actors.Count == 0) return;
        foreach (var replica in _replicas.TakeOthers([])) Context.Stop(replica.Actor);
        Describe();
    }

    private void Describe()
    {
        var (hosted, draining, version, notices) = (_replicas.Describe(), _settings.IsDraining, _planVersion, _planNotices);
        _settings.Peers.Tell(new DescribeNode(node => node with { Replicas = hosted, IsDraining = draining, PlanVersion = version, PlanNotices = notices }));
    }
}
