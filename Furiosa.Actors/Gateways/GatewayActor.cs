using Akka.Actor;
using Akka.Event;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Streams;

namespace Furiosa.Actors.Gateways;

/// <summary>
/// Stands between the requests of this process and the replicas: admits, picks a replica, passes events on, and sees to it that every
/// request ends in exactly one terminal event, whatever becomes of its replica.
/// </summary>
internal sealed class GatewayActor : ReceiveActor
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly GatewaySettings _settings;
    private readonly Dictionary<string, OpenedRequest> _requests = [];
    private readonly SortedDictionary<int, ReplicaView> _replicas = [];
    private IActorRef? _drainer;
    private int _waiting;

    public GatewayActor(GatewaySettings settings)
    {
        _settings = settings;
        ReceiveClients();
        ReceiveReplicas();
        Receive<DrainGateway>(_ =>
        {
            _drainer = Sender;
            foreach (var replica in _replicas.Values) replica.Actor.Tell(DrainReplica.Instance);
            Publish();
            AnswerWhenDrained();
        });
        Receive<CutOffRequests>(_ => EndAll(FailureKind.Unavailable, "The server was shut down before the answer was complete."));
    }

    protected override void PreStart()
    {
        foreach (var (index, replica) in _settings.Replicas) Join(index, replica);
    }

    protected override void PostStop() => EndAll(FailureKind.Unavailable, "The server was shut down.");

    private void ReceiveClients()
    {
        Receive<OpenRequest>(Open);
        Receive<CancelRequest>(cancel =>
        {
            if (_requests.TryGetValue(cancel.RequestId, out var request)) Cancel(request);
        });
        Receive<ReaderGone>(gone =>
        {
            if (_requests.TryGetValue(gone.RequestId, out var request) && request.Stream == gone.Stream) Cancel(request);
        });
        Receive<CancelChoice>(cancel =>
        {
            if (_requests.TryGetValue(cancel.RequestId, out var request))
                request.Replica.Actor.Tell(new FinishRequestChoice(cancel.RequestId, cancel.Choice));
        });
    }

    private void ReceiveReplicas()
    {
        Receive<ReplicaJoined>(joined =>
        {
            _settings.Replicas[joined.Replica] = joined.Actor;
            Join(joined.Replica, joined.Actor);
        });
        Receive<StepOutput>(output =>
        {
            if (Current(output.Replica, output.Epoch) is not { } replica) return;
            replica.Load = output.Load;
            foreach (var (id, what) in output.Outputs)
            {
                // A request that moved on or ended is not this replica's any more.
                if (_requests.TryGetValue(id, out var request) && request.Replica == replica) Pass(request, what);
            }
            Publish();
        });
        Receive<ReplicaPlaced>(placed =>
        {
            if (Current(placed.Replica, placed.Epoch) is { } replica) replica.Stages = placed.Stages;
        });
        Receive<ReplicaStatus>(status =>
        {
            if (Current(status.Replica, status.Epoch) is not { } replica) return;
            (replica.State, replica.Reason, replica.Load) = (status.State, status.Reason, status.Load);
            Publish();
        });
        Receive<Terminated>(message =>
        {
            if (_replicas.Values.FirstOrDefault(view => view.Actor.Equals(message.ActorRef)) is not { } lost) return;
            lost.State = ReplicaState.Failed;
            lost.Reason ??= "its actor ended";
            EndAllOf(lost);
            Publish();
        });
    }

    /// <summary>The replica that sent a message; null when it has been replaced, or speaks of a group that is gone.</summary>
    private ReplicaView? Current(int index, long epoch)
    {
        if (!_replicas.TryGetValue(index, out var replica) || !replica.Actor.Equals(Sender) || epoch < replica.Epoch) return null;
        replica.Epoch = epoch;
        return replica;
    }

    private void Join(int index, IActorRef replica)
    {
        var replaced = _replicas.GetValueOrDefault(index);
        _replicas[index] = new ReplicaView(index, replica);
        if (replaced is not null)
        {
            replaced.Reason ??= "another took its place";
            EndAllOf(replaced);
        }
        Context.Watch(replica);
        replica.Tell(SubscribeToReplica.Instance);
    }

    private void Open(OpenRequest open)
    {
        if (Refusal(open) is { } refusal)
        {
            open.Stream.Offer(refusal);
            return;
        }
        var replica = LeastLoad.Pick(_replicas.Values);
        if (replica is null)
        {
            open.Stream.Offer(new GenerationFailed(FailureKind.Unavailable, "No replica of the model is serving."));
            return;
        }
        var request = new OpenedRequest(open.Request, open.Stream, replica);
        _requests.Add(open.Request.RequestId, request);
        replica.OwnSequences += request.Width;
        _waiting++;
        replica.Actor.Tell(new SubmitRequest(open.Request));
        Publish();
    }

    private GenerationFailed? Refusal(OpenRequest open)
    {
        if (_drainer is not null) return new(FailureKind.Unavailable, "The server is shutting down.");
        if (_requests.ContainsKey(open.Request.RequestId))
            return new(FailureKind.Aborted, $"A request named '{open.Request.RequestId}' is already running.");
        return _waiting < _settings.MaxQueuedRequests
            ? null
            : new(FailureKind.Overloaded, $"{_waiting} requests are waiting already, which is the limit; try again later.");
    }

    private void Pass(OpenedRequest request, GenerationEvent what)
    {
        if (!request.Started && what is GenerationStarted)
        {
            request.Started = true;
            _waiting--;
        }
        request.Stream.Offer(what);
        if (RequestStream.IsTerminal(what)) Forget(request);
    }

    private void Cancel(OpenedRequest request)
    {
        request.Replica.Actor.Tell(new AbortRequest(request.Request.RequestId));
        request.Stream.Offer(new GenerationFailed(FailureKind.Aborted, "The request was cancelled."));
        Forget(request);
        Publish();
    }

    private void Forget(OpenedRequest request)
    {
        _requests.Remove(request.Request.RequestId);
        request.Replica.OwnSequences -= request.Width;
        if (!request.Started) _waiting--;
        AnswerWhenDrained();
    }

    private void EndAll(FailureKind kind, string reason)
    {
        if (_requests.Count > 0) _log.Warning("{Count} requests are ended: {Reason}", _requests.Count, reason);
        foreach (var request in _requests.Values.ToList())
        {
            request.Replica.Actor.Tell(new AbortRequest(request.Request.RequestId));
            Pass(request, new GenerationFailed(kind, reason));
        }
    }

    private void EndAllOf(ReplicaView lost)
    {
        foreach (var request in _requests.Values.Where(request => request.Replica == lost).ToList())
            Pass(request, new GenerationFailed(FailureKind.ComputeFault, $"Replica {lost.Index} was lost: {lost.Reason}"));
    }

    private void AnswerWhenDrained()
    {
        if (_requests.Count == 0) _drainer?.Tell(GatewayDrained.Instance);
    }

    private void Publish() => _settings.Board.Publish(_replicas.Values, isDraining: _drainer is not null, _requests.Count - _waiting, _waiting);
}
