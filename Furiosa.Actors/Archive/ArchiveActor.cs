using Akka.Actor;
using Furiosa.Actors.Cluster;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Serialization;

namespace Furiosa.Actors.Archive;

/// <summary>
/// The archive of a node: keeps its own records and copies of the others', and asks them for what it does not have. A node that comes is
/// given what the others have, so that records outlive the restart of every node, one after the other.
/// </summary>
internal sealed class ArchiveActor : ReceiveActor, IWithTimers
{
    /// <summary>Name of this actor on every node.</summary>
    public const string Name = "archive";

    // Names in one message, which must fit a frame.
    private const int NamesAtOnce = 1000;

    // A client waits for its record to be kept; that a record is nowhere is final for whoever asks, so busy nodes are given time to say otherwise.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1), PatienceOfSearch = TimeSpan.FromSeconds(4);

    private readonly RecordShelf _shelf;
    private readonly Dictionary<string, (ActorSelection Archive, long Incarnation)> _others = [];
    private readonly RecordCopier _copier;
    private readonly Dictionary<string, Waiting> _keeping = [];
    private readonly Dictionary<string, Waiting> _finding = [];
    private readonly PartCollector _parts = new();

    public ArchiveActor(RecordShelf shelf)
    {
        _shelf = shelf;
        _copier = new RecordCopier(shelf);
        var self = ((ExtendedActorSystem)Context.System).Provider.DefaultAddress.ToString();
        Receive<NodeSeen>(seen =>
        {
            if (seen.Node.Address != self) Meet(seen.Node.Address, seen.Node.Incarnation);
        });
        Receive<OfferRecords>(offer =>
        {
            foreach (var id in offer.Ids) _copier.Want(id, Sender);
            if (!_copier.IsBusy) CopyNext();
        });
        Receive<CopyLate>(_ => CopyNext());
        Receive<NodeLost>(lost => _others.Remove(lost.Address));
        Receive<ArchiveRecord>(Archive);
        Receive<LookUpRecord>(LookUp);
        Receive<KeepRecord>(keep =>
        {
            _shelf.Keep(keep.Id, keep.Record);
            Sender.Tell(new RecordKept(keep.Id));
        });
        Receive<FindRecord>(find => Courier.Tell(Sender, new RecordFound(find.Id, _shelf.Find(find.Id)), Self));
        Receive<RecordKept>(kept => Answered(_keeping, kept.Id, last: false, new RecordKept(kept.Id)));
        Receive<RecordFound>(found =>
        {
            if (_copier.Take(found)) CopyNext();
            Answered(_finding, found.Id, last: !found.Record.IsEmpty, found);
        });
        Receive<GiveUp>(late =>
        {
            if (late.IsSearch) Answered(_finding, late.Id, last: true, new RecordFound(late.Id, []));
            else Answered(_keeping, late.Id, last: true, new RecordKept(late.Id));
        });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override bool AroundReceive(Receive receive, object message)
    {
        if (message is not MessagePart part) return base.AroundReceive(receive, message);
        return _parts.Add(Sender, part) is not { } whole || base.AroundReceive(receive, whole);
    }

    protected override void PostRestart(Exception reason)
    {
        base.PostRestart(reason);
        PeerActor.AskAgain(Context);
    }

    private void Meet(string address, long incarnation)
    {
        var isNew = !_others.TryGetValue(address, out var known) || known.Incarnation != incarnation;
        if (!isNew) return;
        var archive = Context.ActorSelection($"{address}/user/{Name}");
        _others[address] = (archive, incarnation);
        foreach (var names in _shelf.Ids.Chunk(NamesAtOnce)) archive.Tell(new OfferRecords([.. names]), Self);
    }

    /// <summary>One record at a time, so that what is asked for by clients goes between them.</summary>
    private void CopyNext()
    {
        if (_copier.Next() is not var (id, from)) return;
        from.Tell(new FindRecord(id), Self);
        Timers.StartSingleTimer(nameof(CopyLate), CopyLate.Instance, Patience);
    }

    private void Archive(ArchiveRecord archive)
    {
        _shelf.Keep(archive.Id, archive.Record);
        if (_others.Count == 0)
        {
            Sender.Tell(new RecordKept(archive.Id));
            return;
        }
        foreach (var (other, _) in _others.Values) Courier.Tell(other, new KeepRecord(archive.Id, archive.Record), Self);
        Wait(_keeping, archive.Id);
    }

    private void LookUp(LookUpRecord look)
    {
        var own = _shelf.Find(look.Id);
        if (!own.IsEmpty || _others.Count == 0)
        {
            Sender.Tell(new RecordFound(look.Id, own));
            return;
        }
        foreach (var (other, _) in _others.Values) other.Tell(new FindRecord(look.Id), Self);
        Wait(_finding, look.Id);
    }

    private void Wait(Dictionary<string, Waiting> waiting, string id)
    {
        // Whoever asks for what is asked for already is answered with the first; all have been asked again meanwhile.
        if (!waiting.TryGetValue(id, out var asked))
        {
            waiting.Add(id, asked = new Waiting());
            var end = new GiveUp(id, IsSearch: waiting == _finding);
            Timers.StartSingleTimer(end, end, end.IsSearch ? PatienceOfSearch : Patience);
        }
        asked.Askers.Add(Sender);
        asked.Missing += _others.Count;
    }

    private void Answered(Dictionary<string, Waiting> waiting, string id, bool last, object answer)
    {
        if (!waiting.TryGetValue(id, out var asked) || (--asked.Missing > 0 && !last)) return;
        waiting.Remove(id);
        Timers.Cancel(new GiveUp(id, IsSearch: waiting == _finding));
        foreach (var asker in asked.Askers) asker.Tell(answer);
    }

    private sealed class Waiting
    {
        public List<IActorRef> Askers { get; } = [];

        public int Missing { get; set; }
    }

    private sealed record GiveUp(string Id, bool IsSearch) : ILocalMessage;

    private sealed record CopyLate : ILocalMessage
    {
        public static CopyLate Instance { get; } = new();
    }
}
