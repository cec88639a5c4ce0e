using Akka.Actor;
using Akka.Event;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Routing;
using Furiosa.Actors.Serialization;

namespace Furiosa.Actors.Gateways;

/// <summary>
/// Stands between the requests of this process and the replicas of all: admits, picks a replica, passes events on, moves a request to
/// another replica when its own is lost, and sees to it that every request ends in exactly one terminal event.
/// </summary>
internal sealed class GatewayActor : ReceiveActor, IWithTimers
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly GatewaySettings _settings;
    private readonly ReplicaTable _replicas = new();
    private readonly RequestBook _requests;
    private readonly PartCollector _parts = new();
    private readonly ReplicaNews _news;
    private readonly NodeNews _nodes;
    private IActorRef? _drainer;
    private bool _isOver;
    private long _lookedAt = Environment.TickCount64;

    public GatewayActor(GatewaySettings settings)
    {
        _settings = settings;
        _news = new ReplicaNews(settings.Board);
        _nodes = new NodeNews(settings.Board.Journal);
        _requests = new RequestBook(_replicas, settings.Router(), settings.CapacityWait, AnswerWhenDrained) { Resumed = _news.NoteResumed };
        ReceiveClients();
        ReceiveReplicas();
        ReceiveCluster();
        Receive<DrainGateway>(_ =>
        {
            _drainer = Sender;
            Publish();
            AnswerWhenDrained();
        });
        Receive<RouteBy>(route =>
        {
            _settings.Router = () => ReplicaRouters.Make(route.Policy, route.Profile);
            _requests.Router = _settings.Router();
        });
        Receive<HandOverRequests>(_ =>
        {
            _isOver = true;
            Sender.Tell(new RequestsHandedOver(_requests.TakeAll()));
            Publish();
        });
        Receive<AdoptRequests>(adopt =>
        {
            _requests.Adopt(adopt.Requests);
            Publish();
        });
        Receive<CutOffRequests>(_ => EndAll("The server was shut down before the answer was complete."));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        foreach (var joined in _settings.Replicas) Join(joined);
        if (_settings.SilenceTimeout is not null || _settings.CapacityWait > TimeSpan.Zero) Timers.StartPeriodicTimer(nameof(LookAround), LookAround.Instance, _settings.Pace);
    }

    protected override bool AroundReceive(Receive receive, object message)
    {
        if (message is not MessagePart part) return base.AroundReceive(receive, message);
        return _parts.Add(Sender, part) is not { } whole || base.AroundReceive(receive, whole);
    }

    protected override void PostStop() => EndAll("The server was shut down.");

    private void ReceiveClients()
    {
        Receive<OpenRequest>(Open);
        Receive<CancelRequest>(cancel =>
        {
            _requests.Cancel(cancel.RequestId, null);
            Publish();
        });
        Receive<ReaderGone>(gone =>
        {
            _requests.Cancel(gone.RequestId, gone.Stream);
            Publish();
        });
        Receive<CancelChoice>(cancel => _requests.FinishChoice(cancel.RequestId, cancel.Choice));
    }

    private void ReceiveReplicas()
    {
        Receive<ReplicaJoined>(Take);
        Receive<StepOutput>(output =>
        {
            if (Current(output.Mark, output.Epoch) is not { } replica) return;
            replica.Load = output.Load;
            foreach (var one in output.Outputs) _requests.Pass(replica, one);
            Publish();
        });
        Receive<ReplicaPlaced>(placed =>
        {
            if (Current(placed.Mark, placed.Epoch) is { } replica) replica.Stages = placed.Stages;
        });
        Receive<ReplicaStatus>(status =>
        {
            if (Current(status.Mark, status.Epoch) is not { } replica) return;
            _news.NoteStatus(replica, status);
            (replica.State, replica.Reason, replica.Load) = (status.State, status.Reason, status.Load);
            if (!replica.Serves) _requests.MoveAway(replica);
            if (replica.TakesRequests) _requests.SeatWaiting();
            Publish();
        });
        Receive<ReplicaReport>(report =>
        {
            // Outside the session: one that is lost is made good by the next.
            if (_replicas.Find(Sender) is not { } replica || report.Epoch < replica.Epoch) return;
            (replica.Counters, replica.Work) = (report.Counters, report.Stages);
            Publish();
        });
        Receive<Terminated>(message =>
        {
            if (_replicas.Find(message.ActorRef) is { Node.Length: 0 } lost) Remove(lost, lost.Reason ?? "its actor ended", LossKind.Died, keep: _settings.SilenceTimeout is null);
        });
    }

    private void ReceiveCluster()
    {
        Receive<LookAround>(_ => Look());
        Receive<NodeLost>(lost =>
        {
            _nodes.NoteLost(lost.Address, lost.Reason, lost.IsGone);
            foreach (var replica in _replicas.Of(lost.Address)) Lose(replica, lost.Reason, lost.HasEnded ? LossKind.Died : LossKind.Gone);
            if (lost.IsGone) DropReplicasOf(lost.Address, keep: []);
            Publish();
        });
        Receive<NodeSeen>(seen =>
        {
            _nodes.NoteSeen(seen.Node);
            DropReplicasOf(seen.Node.Address, seen.Replicas);
            foreach (var joined in seen.Replicas)
            {
                if (_replicas.Find(joined.Actor) is not { } known) Take(joined);
                else if (!known.IsConnected) known.Connect();
            }
        });
    }

    /// <summary>The replica that sent a message; null when the message is of another session, or of a group that is gone.</summary>
    private ReplicaView? Current(SessionMark mark, long epoch)
    {
        if (_replicas.Find(Sender) is not { } replica) return null;
        switch (replica.Take(mark))
        {
            case false: return null;
            case null:
                Lose(replica, "messages of it were lost", LossKind.Moved);
                return null;
        }
        if (epoch < replica.Epoch) return null;
        replica.Epoch = epoch;
        return replica;
    }

    /// <summary>Notes a replica so that it outlives a restart of this actor, too.</summary>
    private void Take(ReplicaJoined joined)
    {
        if (joined.Node.Length == 0) _settings.Replicas.RemoveAll(known => known.Node.Length == 0 && known.Replica == joined.Replica);
        _settings.Replicas.RemoveAll(known => known.Actor.Equals(joined.Actor));
        _settings.Replicas.Add(joined);
        Join(joined);
    }

    private void Join(ReplicaJoined joined)
    {
        if (joined.Node.Length == 0 && _replicas.FindLocal(joined.Replica) is { } replaced) Remove(replaced, replaced.Reason ?? "another took its place", LossKind.Died, keep: false);
        if (_replicas.Find(joined.Actor) is not null) return;
        var view = _replicas.Add(joined);
        if (joined.Node.Length == 0) Context.Watch(joined.Actor);
        view.Connect();
    }

    private void DropReplicasOf(string node, IReadOnlyList<ReplicaJoined> keep)
    {
        foreach (var gone in _replicas.Of(node).Where(view => !keep.Any(joined => joined.Actor.Equals(view.Actor))))
        {
            _settings.Replicas.RemoveAll(known => known.Actor.Equals(gone.Actor));
            Remove(gone, "it is hosted no more", LossKind.Gone, keep: false);
        }
    }

    private void Remove(ReplicaView lost, string reason, LossKind kind, bool keep)
    {
        lost.State = ReplicaState.Failed;
        lost.Reason = reason;
        _news.NoteLost(lost, reason);
        if (!keep) _replicas.Remove(lost);
        _requests.Displace(lost, $"replica {lost.Index} was lost: {reason}", kind);
        Publish();
    }

    /// <summary>Nothing more is taken from a replica before it has answered in a new session; its requests go on elsewhere.</summary>
    private void Lose(ReplicaView replica, string reason, LossKind kind)
    {
        if (replica.IsConnected) _news.NoteLost(replica, reason);
        replica.Connect();
        replica.IsLost = kind != LossKind.Moved;
        _requests.Displace(replica, $"replica {replica.Index} was lost: {reason}", kind);
    }

    /// <summary>Looks for silent replicas and for requests that have waited too long. Who was asleep itself blames nobody.</summary>
    private void Look()
    {
        var asleep = Environment.TickCount64 - _lookedAt > 4 * _settings.Pace.TotalMilliseconds + 1000;
        _lookedAt = Environment.TickCount64;
        foreach (var replica in _replicas.All.Where(view => view.Node.Length > 0).ToList())
        {
            if (asleep) replica.HeardNow();
            else if (_settings.SilenceTimeout is { } limit && replica.IsSilent(limit)) Lose(replica, $"nothing was heard of it for {limit.TotalSeconds:0.#} s", LossKind.Gone);
            else if (!replica.IsConnected && _settings.SilenceTimeout is { } patience && replica.IsSilent(patience / 2)) replica.Connect();
        }
        _requests.EndExpired();
        Publish();
    }

    private void Open(OpenRequest open)
    {
        if (Refusal(open) is { } refusal)
        {
            open.Stream.Offer(refusal);
            return;
        }
        _requests.Open(open.Request, open.Stream);
        Publish();
    }

    private GenerationFailed? Refusal(OpenRequest open)
    {
        if (_drainer is not null) return new(FailureKind.Unavailable, "The server is shutting down.");
        if (_requests.Contains(open.Request.RequestId))
            return new(FailureKind.Aborted, $"A request named '{open.Request.RequestId}' is already running.");
        return _requests.Waiting < _settings.MaxQueuedRequests
            ? null
            : new(FailureKind.Overloaded, $"{_requests.Waiting} requests are waiting already, which is the limit; try again later.");
    }

    private void EndAll(string reason)
    {
        if (_requests.Count > 0) _log.Warning("{Count} requests are ended: {Reason}", _requests.Count, reason);
        _requests.EndAll(new GenerationFailed(FailureKind.Unavailable, reason));
    }

    private void AnswerWhenDrained()
    {
        if (_requests.Count == 0) _drainer?.Tell(GatewayDrained.Instance);
    }

    private void Publish() => _settings.Board.Publish(_isOver ? [] : _replicas.All, isDraining: _drainer is not null, _requests.Count - _requests.Waiting, _requests.Waiting);

    private sealed record LookAround : ILocalMessage
    {
        public static LookAround Instance { get; } = new();
    }
}
