using System.Collections.Immutable;
using Akka.Actor;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Observation;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Routing;
using Furiosa.Actors.Serialization;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Gateways;

/// <summary>What a gateway knows of a replica, and its session with it.</summary>
internal sealed class ReplicaView(int index, IActorRef actor, string node = "")
{
    // More than any model has layers: whoever tells of others makes them up.
    private const int MostStages = 1024;

    private static long _lastSession = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() << 16;

    private long _session;
    private long _nextSerial;
    private long _sent;
    private long _received;
    private long _unheardSince;
    private long _servesSince;
    private IReadOnlyList<PeSummary> _pes = [];
    private IReadOnlyList<StageWork> _stages = [];
    private ReplicaPicture? _picture;

    public int Index { get; } = index;

    public IActorRef Actor { get; } = actor;

    /// <summary>Address of its node; empty for this process.</summary>
    public string Node { get; } = node;

    /// <summary>Whether it has answered in this session.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>The newest epoch heard of; what comes of an older one is about a group that is gone.</summary>
    public long Epoch { get; set; }

    public ReplicaState State
    {
        get;
        set
        {
            if (value == ReplicaState.Serving && field != value) _servesSince = Environment.TickCount64;
            field = value;
        }
    } = ReplicaState.Loading;

    /// <summary>How routing sees it.</summary>
    public RouteCandidate Candidate =>
        new(this, Math.Max(OwnSequences, Load.Running + Load.Waiting), TimeSpan.FromMilliseconds(Environment.TickCount64 - _servesSince));

    public string? Reason { get; set; }

    public ReplicaLoad Load { get; set; }

    /// <summary>What its PEs hold; empty until it first serves.</summary>
    public ImmutableArray<ImmutableArray<PeFootprint>> Stages
    {
        get;
        set
        {
            field = value;
            _pes = [.. value.SelectMany((pes, stage) => pes.Select((pe, rank) => new PeSummary(
                "", Index, stage, rank, pe.FirstLayer, pe.LayerCount, pe.QueryHeads, pe.KvHeads, pe.WeightBytes, pe.KvBytes + pe.StateBytes)))];
        }
    } = [];

    /// <summary>What its scheduler counted.</summary>
    public ReplicaCounters Counters { get; set; } = ReplicaCounters.None;

    /// <summary>What its stages computed, node by node.</summary>
    public ImmutableArray<StageWork> Work
    {
        get;
        set
        {
            field = [.. value.Where(part => part.Stage is >= 0 and < MostStages)];
            var count = field.Select(part => part.Stage + 1).DefaultIfEmpty().Max();
            _stages = [.. Enumerable.Range(0, count).Select(stage => field.FirstOrDefault(part => part.Stage == stage))];
        }
    } = [];

    /// <summary>How often its group was made again.</summary>
    public long Recoveries { get; set; }

    /// <summary>Whether its state has been heard of.</summary>
    public bool HasBeenTold { get; set; }

    /// <summary>Whether it was given up and has not answered since.</summary>
    public bool IsLost { get; set; }

    /// <summary>Sequences of this gateway that it has not finished.</summary>
    public int OwnSequences { get; set; }

    /// <summary>Whether it computes now.</summary>
    public bool Serves => IsConnected && State == ReplicaState.Serving;

    /// <summary>Whether requests may be given to it: it serves, or its group is being made again and a queue in front of it will move on.</summary>
    public bool TakesRequests => IsConnected && (State == ReplicaState.Serving || (State == ReplicaState.Loading && !Stages.IsEmpty));

    /// <summary>Begins a new session: what belongs to an older one is dropped from now on, and the replica drops what it had of this gateway.</summary>
    public void Connect()
    {
        _session = Interlocked.Increment(ref _lastSession);
        (_nextSerial, _sent, _received) = (0, 0, 0);
        IsConnected = false;
        HeardNow();
        Actor.Tell(new SubscribeToReplica(_session));
    }

    /// <summary>Sends within the session.</summary>
    public void Tell(Func<long, ISessionMessage> message)
    {
        if (_received == _sent) HeardNow();
        Courier.Tell(Actor, message(++_sent), ActorCell.GetCurrentSelfOrNoSender());
    }

    /// <summary>Whether a message belongs to this session; null when it shows that messages were lost.</summary>
    public bool? Take(SessionMark mark)
    {
        if (mark.Session != _session) return false;
        if (mark.Serial != _nextSerial) return null;
        _nextSerial++;
        (IsConnected, IsLost) = (true, false);
        // A replica that talks and does not take what it is sent has lost it: its clock is not wound up then.
        if (mark.Received > _received || mark.Received == _sent) HeardNow();
        _received = mark.Received;
        return true;
    }

    /// <summary>Whether nothing was heard of it (or it did not take what it was sent) for this long.</summary>
    public bool IsSilent(TimeSpan limit) => Environment.TickCount64 - _unheardSince > limit.TotalMilliseconds;

    /// <summary>Counts silence from now on.</summary>
    public void HeardNow() => _unheardSince = Environment.TickCount64;

    /// <summary>What others may read of it: the same object as long as nothing in it changes. For one thread.</summary>
    public ReplicaPicture ToPicture()
    {
        var state = IsLost ? "lost" : State switch
        {
            ReplicaState.Loading => "loading",
            ReplicaState.Serving => "serving",
            ReplicaState.Draining => "draining",
            _ => "failed",
        };
        if (_picture is { } known && known.State == state && known.Reason == Reason && known.Epoch == Epoch && known.Recoveries == Recoveries
            && Load == new ReplicaLoad(known.Running, known.Waiting, known.FreeBlocks, known.CachedBlocks, known.States)
            && ReferenceEquals(known.Counters, Counters) && ReferenceEquals(known.Stages, _stages) && ReferenceEquals(known.Pes, _pes))
        {
            return known;
        }
        return _picture = new(Index, state, Reason, Epoch, Load.Running, Load.Waiting, Load.FreeBlocks, Load.CachedBlocks, Recoveries, Counters, _stages)
        {
            Parts = Work, // whose stages are others when it is another
            Node = Node,
            States = Load.States,
            Pes = _pes,
        };
    }
}
