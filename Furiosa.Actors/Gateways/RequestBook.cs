using System.Collections.Immutable;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Routing;
using Furiosa.Actors.Scheduling;
using Furiosa.Actors.Streams;

namespace Furiosa.Actors.Gateways;

/// <summary>
/// The requests of a gateway: each is with a replica, or waits for one, until its one terminal event. Whatever becomes of a replica, its
/// requests go on at another at the next token.
/// </summary>
/// <param name="replicas">The replicas there are.</param>
/// <param name="router">Picks the replica.</param>
/// <param name="capacityWait">How long a request waits for a replica where there is none; zero for not at all.</param>
/// <param name="emptied">Called when the last request has ended.</param>
internal sealed class RequestBook(ReplicaTable replicas, IReplicaRouter router, TimeSpan capacityWait, Action emptied)
{
    private static readonly GenerationFailed NoReplica = new(FailureKind.Unavailable, "No replica of the model is serving.");

    private readonly Dictionary<string, OpenedRequest> _requests = [];
    private readonly Dictionary<string, OpenedRequest> _attempts = [];
    private readonly WaitingRoom _room = new(capacityWait);
    private long _lastSerial;

    /// <summary>Told of each request that goes on after it was interrupted.</summary>
    public Action<OpenedRequest, ReplicaView>? Resumed { get; init; }

    /// <summary>Picks the replica; another one begins without memories of prompts.</summary>
    public IReplicaRouter Router { get; set; } = router;

    /// <summary>Requests that have not ended.</summary>
    public int Count => _requests.Count;

    /// <summary>Requests of which no replica has begun.</summary>
    public int Waiting { get; private set; }

    public bool Contains(string requestId) => _requests.ContainsKey(requestId);

    public void Open(GenerationRequest asked, RequestStream stream)
    {
        var request = new OpenedRequest(asked, stream, ++_lastSerial);
        _requests.Add(asked.RequestId, request);
        Waiting++;
        Place(request, NoReplica);
    }

    /// <summary>Gives up every request, to go on with it elsewhere in this process.</summary>
    public ImmutableArray<OpenedRequest> TakeAll()
    {
        ImmutableArray<OpenedRequest> all = [.. _requests.Values.OrderBy(request => request.Serial)];
        foreach (var request in all) request.Leave();
        _requests.Clear();
        _attempts.Clear();
        _room.TakeAll();
        Waiting = 0;
        return all;
    }

    /// <summary>Goes on with requests that were given up so.</summary>
    public void Adopt(ImmutableArray<OpenedRequest> given)
    {
        foreach (var request in given)
        {
            request.Serial = ++_lastSerial;
            request.IsInterrupted = request.Started;
            if (!_requests.TryAdd(request.Request.RequestId, request)) continue;
            if (!request.Started) Waiting++;
            if (request.Log.IsComplete) End(request, GenerationCompleted.Instance);
            else Place(request, NoReplica);
        }
    }

    /// <summary>The reader gives a request up, or has gone. Unknown names, and other readers' streams, are ignored.</summary>
    public void Cancel(string requestId, RequestStream? stream)
    {
        if (!_requests.TryGetValue(requestId, out var request) || (stream is not null && request.Stream != stream)) return;
        if (request.Replica is { } replica) replica.Tell(serial => new AbortRequest(request.Attempt, serial));
        End(request, new GenerationFailed(FailureKind.Aborted, "The request was cancelled."));
    }

    /// <summary>The text of a choice has reached its end.</summary>
    public void FinishChoice(string requestId, int choice)
    {
        if (!_requests.TryGetValue(requestId, out var request)) return;
        request.Log.NoteEnd(choice);
        if (request.Replica is { } replica) replica.Tell(serial => new FinishRequestChoice(request.Attempt, choice, serial));
        else if (request.Log.IsComplete) End(request, GenerationCompleted.Instance);
    }

    /// <summary>Ends those that have waited too long for a replica.</summary>
    public void EndExpired()
    {
        foreach (var request in _room.TakeExpired())
            End(request, new GenerationFailed(FailureKind.Unavailable, $"No replica of the model has become free within {capacityWait.TotalSeconds:0.#} s; try again later."));
    }

    /// <summary>Gives a request to a replica, or lets it wait for one, or ends it as given.</summary>
    private void Place(OpenedRequest request, GenerationFailed otherwise)
    {
        if (Pick(request) is { } replica)
        {
            var asked = request.Begin(replica);
            _attempts.Add(request.Attempt, request);
            replica.Tell(serial => new SubmitRequest(asked, serial));
        }
        else if (_room.IsOpen)
        {
            _room.Add(request);
        }
        else
        {
            End(request, otherwise);
        }
    }

    /// <summary>The replica for a request: one that serves, else one whose group is being made again; null when none could ever answer.</summary>
    private ReplicaView? Pick(OpenedRequest request)
    {
        var views = replicas.All.Where(view => view.Serves).ToList();
        if (views.Count == 0) views = [.. replicas.All.Where(view => view.TakesRequests)];
        return views.Count == 0 ? null : views[Router.Pick(request.Request.PromptIds, [.. views.Select(view => view.Candidate)])];
    }

    /// <summary>A replica takes requests: whoever waits for one is given to it.</summary>
    public void SeatWaiting()
    {
        foreach (var request in _room.TakeAll()) Place(request, NoReplica);
    }

    /// <summary>A replica that does not compute now: its requests go on elsewhere, if anywhere; else it keeps them unless it has failed.</summary>
    public void MoveAway(ReplicaView replica)
    {
        if (replica.State == ReplicaState.Failed || replicas.All.Any(other => other != replica && other.Serves))
            Displace(replica, $"replica {replica.Index} does not serve: {replica.Reason ?? "it drains"}", LossKind.Moved);
    }

    /// <summary>Takes all requests from a replica and lets them go on elsewhere.</summary>
    /// <param name="replica">The replica.</param>
    /// <param name="reason">Why, in one line.</param>
    /// <param name="kind">What became of it.</param>
    public void Displace(ReplicaView replica, string reason, LossKind kind)
    {
        if (kind != LossKind.Moved) Router.Forget(replica);
        foreach (var request in _requests.Values.Where(request => request.Replica == replica).OrderBy(request => request.Serial).ToList())
        {
            if (replica.IsConnected) replica.Tell(serial => new AbortRequest(request.Attempt, serial));
            if (kind == LossKind.Died && request.StartedHere) request.Log.NoteLoss(request.IsAlone);
            MoveOn(request, reason);
        }
    }

    private void MoveOn(OpenedRequest request, string reason)
    {
        Leave(request);
        if (request.Log.IsComplete) End(request, GenerationCompleted.Instance);
        else if (request.Log.Deaths >= FaultTally.MaxDeaths) End(request, FaultTally.Quarantine(reason));
        else Place(request, new GenerationFailed(FailureKind.ComputeFault, $"The request could not be moved to another replica: {reason}"));
    }

    /// <summary>Passes an event of a replica on to the reader of its request. A request that moved on or ended is not that replica's any more.</summary>
    public void Pass(ReplicaView replica, in RequestOutput output)
    {
        if (!_attempts.TryGetValue(output.RequestId, out var request) || request.Replica != replica) return;
        if (output.Event is { } what) Pass(replica, request, what);
        else Pass(replica, request, output.Token);
    }

    private void Pass(ReplicaView replica, OpenedRequest request, PlainToken token)
    {
        if (request.IsInterrupted) NoteResumed(request, replica);
        request.IsAlone = false;
        request.Log.Note(token);
        request.Stream.Offer(token);
    }

    private void Pass(ReplicaView replica, OpenedRequest request, GenerationEvent what)
    {
        switch (what)
        {
            case GroupDiedUnder died:
                request.Log.NoteFault(died.Deaths, died.IsSuspect);
                (request.IsInterrupted, request.IsAlone) = (request.Started, false);
                return;
            case ComputedAlone:
                request.IsAlone = true;
                return;
            case ProgressMade:
                request.Log.NoteProgress();
                request.IsAlone = false;
                return;
            case GenerationInterrupted interrupted:
                if (interrupted.IsFault && request.StartedHere) request.Log.NoteLoss(request.IsAlone);
                MoveOn(request, interrupted.Reason);
                return;
            case GenerationFailed { Kind: FailureKind.Unavailable } refused:
                MoveOn(request, refused.Message);
                return;
            case GenerationStarted started:
                request.StartedHere = true;
                if (request.Started)
                {
                    NoteResumed(request, replica);
                    return;
                }
                request.Started = true;
                Waiting--;
                what = started with { Replica = replica.Index };
                break;
            case TokensGenerated when request.IsInterrupted:
                NoteResumed(request, replica);
                break;
            case PromptScored when request.Log.PromptScored:
                return;
        }
        if (RequestStream.IsTerminal(what))
        {
            End(request, what);
            return;
        }
        if (what is TokensGenerated) request.IsAlone = false;
        request.Log.Note(what);
        request.Stream.Offer(what);
    }

    private void NoteResumed(OpenedRequest request, ReplicaView replica)
    {
        request.IsInterrupted = false;
        Resumed?.Invoke(request, replica);
    }

    private void Leave(OpenedRequest request)
    {
        if (request.Replica is null) return;
        _attempts.Remove(request.Attempt);
        request.Leave();
    }

    /// <summary>The one terminal event of a request.</summary>
    private void End(OpenedRequest request, GenerationEvent last)
    {
        request.Stream.Offer(last);
        Leave(request);
        _room.Remove(request);
        _requests.Remove(request.Request.RequestId);
        if (!request.Started) Waiting--;
        if (Count == 0) emptied();
    }

    /// <summary>Ends every request in the same way.</summary>
    public void EndAll(GenerationFailed last)
    {
        foreach (var request in _requests.Values.ToList())
        {
            if (request.Replica is { } replica) replica.Tell(serial => new AbortRequest(request.Attempt, serial));
            End(request, last);
        }
    }
}
