using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Remote;
using Furiosa.Actors.Protocol;
using AkkaCluster = Akka.Cluster.Cluster;

namespace Furiosa.Actors.Cluster;

/// <summary>
/// Knows the other nodes: who is a member comes from the cluster, who is alive from beats, from connections that close and from silence.
/// It tells this node's other actors of each that comes, changes and goes. A node whose model differs is refused by the older ones.
/// </summary>
internal sealed class PeerActor : ReceiveActor, IWithTimers
{
    /// <summary>Name of this actor on every node.</summary>
    public const string Name = "peers";

    // How often nodes that were removed are told of the cluster: each try within a second or two of the last would renew the mark by which
    // Akka refuses them.
    private static readonly TimeSpan Probing = TimeSpan.FromSeconds(3);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly AkkaCluster _cluster = AkkaCluster.Get(Context.System);
    private readonly PeerSettings _settings;
    private readonly Dictionary<Address, Peer> _peers = [];
    private readonly Strangers _strangers;
    private readonly Encounters _encounters;
    private readonly ClusterSearch _search;
    private Member _member;
    private int _beats;
    private TimeSpan _lookedAt = Now;

    public PeerActor(PeerSettings settings)
    {
        _settings = settings;
        _member = _cluster.SelfMember;
        _encounters = new Encounters(Own.Incarnation);
        _strangers = new Strangers(settings.Seeds.Where(seed => !seed.Equals(_cluster.SelfAddress)));
        _search = new ClusterSearch(_cluster, settings);
        ReceiveMembership();
        Receive<JoinCluster>(_ => _search.Begin());
        Receive<DescribeNode>(describe =>
        {
            _settings.Own = describe.Change(Own) with { Version = Own.Version + 1 };
            PublishSelf();
            Beat();
        });
        Receive<PeerBeat>(beat => Hear(Sender.Path.Address, beat));
        Receive<PeerRefused>(refused =>
        {
            // Who judges is older; it says so again and again, also when this node knows that.
            if (_peers.TryGetValue(Sender.Path.Address, out var judge) && judge.Member.IsOlderThan(_member) && !IsOverruled(judge, Own.IsDevice)) _settings.Refused(refused.Reason);
        });
        Receive<PeerDrain>(drain => Command(drain.Drains));
        Receive<CommandNode>(command => Sender.Tell(new NodeCommandTaken(PassOn(command))));
        Receive<TellNodesAgain>(_ =>
        {
            Sender.Tell(new NodeSeen(Own, []));
            foreach (var peer in _peers.Values.Where(peer => peer.IsAlive)) Sender.Tell(NewsOf(peer));
        });
        Receive<AskReport>(_ => Sender.Tell(PeerReport.Make(Own, _peers.Values)));
        Receive<AskHeard>(_ => Sender.Tell(new HeardNodes([.. _peers.Values.Where(peer => peer.IsAlive && (HasSlept || !peer.IsSilent(3 * _settings.BeatInterval))).Select(peer => peer.Address)])));
        Receive<Tick>(_ => Look());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent));
        Context.System.EventStream.Subscribe(Self, typeof(DisassociatedEvent));
        Context.System.EventStream.Subscribe(Self, typeof(ThisActorSystemQuarantinedEvent));
        Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, _settings.BeatInterval);
        PublishSelf();
    }

    protected override void PostRestart(Exception reason)
    {
        base.PostRestart(reason);
        if (!IsMember) _search.Begin();
    }

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    /// <summary>Lets a listener that was restarted be told of all nodes again.</summary>
    public static void AskAgain(IActorContext listener) => listener.ActorSelection($"/user/{Name}").Tell(TellNodesAgain.Instance, listener.Self);

    private void ReceiveMembership()
    {
        Receive<DisassociatedEvent>(closed => End(closed.RemoteAddress, "its connection was closed"));
        Receive<ThisActorSystemQuarantinedEvent>(judged =>
        {
            // Where each has removed the other, what they tell of their clusters decides.
            if (!_strangers.WasRemoved(judged.RemoteAddress)) _settings.Removed();
        });
        Receive<ClusterEvent.MemberRemoved>(removed => Remove(removed.Member, removed.PreviousStatus == MemberStatus.Down));
        Receive<ClusterEvent.MemberExited>(_ => { });
        Receive<ClusterEvent.MemberDowned>(_ => { });
        Receive<ClusterEvent.IMemberEvent>(change => Add(change.Member));
    }

    private void Add(Member member)
    {
        if (member.UniqueAddress.Equals(_cluster.SelfUniqueAddress))
        {
            _member = member;
            // Full members are made while all nodes are heard; a node that comes when another is away is needed at once.
            if (member.Status is not (MemberStatus.Up or MemberStatus.WeaklyUp)) return;
            _search.End();
            _settings.Taken();
            return;
        }
        if (_peers.TryGetValue(member.Address, out var known) && known.Member.Equals(member))
        {
            known.Member = member;
            return;
        }
        if (member.Status is MemberStatus.Down or MemberStatus.Exiting or MemberStatus.Removed) return;
        // Another process at its address may be told of before the end of the first is.
        if (known is not null) Remove(known.Member, wasDowned: true);
        _strangers.Came(member.Address);
        var peer = new Peer(member, Select(member.Address));
        _peers.Add(member.Address, peer);
        peer.Tell(new PeerBeat(Own, Mark()), Self);
    }

    private void Remove(Member member, bool wasDowned)
    {
        if (!_peers.TryGetValue(member.Address, out var peer) || !peer.Member.Equals(member)) return;
        _peers.Remove(member.Address);
        _encounters.Forget(peer.Address);
        _strangers.Went(member.Address, wasDowned, Now);
        // Who is removed itself is shown all others as removed.
        if (peer.Node is not null && IsMember) SayOfNodes($"Node {peer.Node.Name} {(wasDowned ? "was removed from the cluster" : "has left the cluster")}");
        Publish(new NodeLost(peer.Address, wasDowned ? "it was removed from the cluster" : "it has left the cluster", IsGone: true));
    }

    private void Hear(Address from, PeerBeat beat)
    {
        var node = beat.Node;
        if (_encounters.GivesWay(node.Address, node.Incarnation, beat.Cluster, Mark(), Now))
        {
            _settings.Say($"Node {node.Name} is in another cluster of {beat.Cluster.Members.Length} nodes, to which this one gives way");
            _settings.Removed();
            return;
        }
        // A member's address may be another process's by now, which the cluster has not taken yet.
        if (!_peers.TryGetValue(from, out var peer) || peer.Member.UniqueAddress.Uid != node.Incarnation)
        {
            if (peer is not null) Lose(peer, "another process has taken its address", hasEnded: true);
            HearStranger(from, beat);
            return;
        }
        if (peer.Node is { } known && known.Version > node.Version) return;
        var isNews = !peer.IsAlive || peer.Node!.Version != node.Version;
        if (ObjectionTo(peer, node) is { } objection)
        {
            if (isNews) Refuse(peer, node, objection);
            peer.HeardNow();
            return;
        }
        if (!peer.IsAlive) SayOfNodes($"Node {node.Name} ({node.Roles.ToString().ToLowerInvariant()}) is {(peer.Node is null ? "in the cluster" : "heard again")}");
        peer.Hear(node);
        if (isNews) Publish(NewsOf(peer));
    }

    private static NodeSeen NewsOf(Peer peer) =>
        new(peer.Node!, [.. peer.Node!.Replicas.Select(hosted => new ReplicaJoined(hosted.Placed.Index, Resolve(hosted.Path), peer.Address))]);

    private Objection? ObjectionTo(Peer peer, NodeDescription node)
    {
        // Of two others of one name the younger is refused, when it is its beat that is heard.
        var same = node.Name == Own.Name ? Own : _peers.Values.FirstOrDefault(other => other != peer && other.IsAlive && other.Node!.Name == node.Name && other.Member.IsOlderThan(peer.Member))?.Node;
        return Objection.To(node, Own, same);
    }

    /// <summary>A node that is no member: a cluster is there already, which this node joins if it has none yet.</summary>
    private void HearStranger(Address from, PeerBeat beat)
    {
        if (IsMember && _encounters.IsToHear(beat.Cluster)) Sender.Tell(new PeerBeat(Own, Mark()), Self);
        if (!beat.Cluster.Members.IsEmpty) _search.Hear(beat.Node.Name, from, Now);
    }

    /// <summary>The younger of two nodes that cannot work together goes.</summary>
    private void Refuse(Peer peer, NodeDescription node, Objection objection)
    {
        var isOlder = _member.IsOlderThan(peer.Member);
        var reason = $"the cluster refuses node {(isOlder ? node : Own).Name}: {objection.Reason}";
        if (!isOlder)
        {
            if (objection.Kind == ObjectionKind.Name || !IsOverruled(peer, byDevices: objection.Kind == ObjectionKind.Weights)) _settings.Refused(reason);
            return;
        }
        _log.Warning("Refused: {Reason}", reason);
        peer.Tell(new PeerRefused(reason), Self);
    }

    /// <summary>
    /// Whether a node that objects to this one may itself be the one that does not fit: there is an older one, with which this node agrees or
    /// which it has not heard yet. The oldest decides.
    /// </summary>
    private bool IsOverruled(Peer judge, bool byDevices) => _peers.Values.Any(other =>
        other != judge && (other.IsAlive || other.Node is null) && other.Member.IsOlderThan(judge.Member) && (!byDevices || other.Member.HasRole(ClusterRoles.Device)));

    private void End(Address address, string reason)
    {
        if (_peers.TryGetValue(address, out var peer)) Lose(peer, reason, hasEnded: true);
    }

    private void Lose(Peer peer, string reason, bool hasEnded)
    {
        if (!peer.IsAlive) return;
        peer.Lose();
        SayOfNodes($"Node {peer.Node!.Name} is lost: {reason}");
        Publish(new NodeLost(peer.Address, reason, IsGone: false) { HasEnded = hasEnded });
    }

    private void Look()
    {
        var asleep = HasSlept;
        _lookedAt = Now;
        foreach (var peer in _peers.Values)
        {
            if (asleep) peer.HeardNow();
            else if (peer.IsSilent(_settings.SilenceTimeout)) Lose(peer, $"nothing was heard of it for {_settings.SilenceTimeout.TotalSeconds:0.#} s", hasEnded: false);
        }
        Beat();
        _search.Look(IsMember, Now);
    }

    private void Beat()
    {
        var beat = new PeerBeat(Own, Mark());
        foreach (var peer in _peers.Values) peer.Tell(beat, Self);
        // Only who is in a cluster, or looks for one, has anything to say to strangers.
        if (!IsMember && !_search.IsListening) return;
        foreach (var address in _strangers.ToTell(probes: ++_beats % _settings.Beats(Probing) == 0, Now)) Select(address).Tell(beat, Self);
    }

    // Who was asleep has beats of the others still unread, and blames nobody.
    private bool HasSlept => Now - _lookedAt > Longer(_settings.SilenceTimeout - (2 * _settings.BeatInterval), 2 * _settings.BeatInterval);

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

    private NodeDescription Own => _settings.Own;

    private bool IsMember => _cluster.SelfMember.Status is MemberStatus.Up or MemberStatus.WeaklyUp;

    /// <summary>The cluster as this node knows it.</summary>
    private ClusterMark Mark() => IsMember
        ? new([.. _cluster.State.Members.Select(member => (long)member.UniqueAddress.Uid)], _cluster.State.Members.Min(Member.AgeOrdering)!.Address.ToString())
        : ClusterMark.None;

    private string? PassOn(CommandNode command)
    {
        var node = Own.Name == command.Name ? Own : _peers.Values.Where(other => other.Node?.Name == command.Name).MaxBy(other => other.IsAlive)?.Node;
        if (node is null) return $"There is no node '{command.Name}'; the nodes are {string.Join(", ", _peers.Values.Select(other => other.Node?.Name).Append(Own.Name).Where(name => name is not null).Order())}.";
        if (!node.IsDevice) return $"Node '{command.Name}' hosts no devices: stop it, and it finishes what it answers.";
        if (node == Own) Command(command.Drains);
        else _peers.Values.First(other => other.Node == node).Tell(new PeerDrain(command.Drains), Self);
        return null;
    }

    private void Command(bool drains)
    {
        foreach (var listener in _settings.Listeners) listener.Tell(drains ? DrainNode.Instance : UndrainNode.Instance, ActorRefs.NoSender);
    }

    private void SayOfNodes(string line)
    {
        if (!_settings.HasJournal) _settings.Say(line);
    }

    private void PublishSelf() => Publish(new NodeSeen(Own, []));

    private void Publish(object news)
    {
        foreach (var listener in _settings.Listeners) listener.Tell(news, Self);
    }

    private static IActorRef Resolve(string path) => ((ExtendedActorSystem)Context.System).Provider.ResolveActorRef(path);

    private static ActorSelection Select(Address address) => Context.ActorSelection(new RootActorPath(address) / "user" / Name);

    private sealed record Tick : ILocalMessage
    {
        public static Tick Instance { get; } = new();
    }
}
