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

    // How long a node that could begin a cluster listens first for one that is there already.
    private static readonly TimeSpan Listening = TimeSpan.FromSeconds(3.5);

    // How long a node that is taken by no seed node waits before it says so, and again.
    private static readonly TimeSpan Silent = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Saying = TimeSpan.FromSeconds(60);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly AkkaCluster _cluster = AkkaCluster.Get(Context.System);
    private readonly PeerSettings _settings;
    private readonly Dictionary<Address, Peer> _peers = [];
    private readonly Strangers _strangers;
    private readonly Encounters _encounters;
    private NodeDescription _self;
    private int _beatsUntilBeginning = -1;
    private int _beats;
    private int _beatsWithoutAnswer;
    private long _lookedAt = Environment.TickCount64;

    public PeerActor(PeerSettings settings)
    {
        _settings = settings;
        _self = settings.Self;
        _encounters = new Encounters(_self.Incarnation);
        _strangers = new Strangers(settings.Seeds.Where(seed => !seed.Equals(_cluster.SelfAddress)));
        ReceiveMembership();
        Receive<JoinCluster>(_ => Join());
        Receive<DescribeNode>(describe =>
        {
            _self = describe.Change(_self) with { Version = _self.Version + 1 };
            PublishSelf();
            Beat();
        });
        Receive<PeerBeat>(beat => Hear(Sender.Path.Address, beat));
        Receive<PeerRefused>(refused =>
        {
            if (!_peers.TryGetValue(Sender.Path.Address, out var judge) || !IsOverruled(judge, _self.IsDevice)) _settings.Refused(refused.Reason);
        });
        Receive<PeerDrain>(drain => Command(drain.Drains));
        Receive<CommandNode>(command => Sender.Tell(new NodeCommandTaken(PassOn(command))));
        Receive<AskReport>(_ => Sender.Tell(PeerReport.Make(_self, _peers.Values)));
        Receive<AskHeard>(_ => Sender.Tell(new HeardNodes([.. _peers.Values.Where(peer => peer.IsAlive && !peer.IsSilent(3 * _settings.BeatInterval)).Select(peer => peer.Address)])));
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

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private void ReceiveMembership()
    {
        Receive<DisassociatedEvent>(closed => End(closed.RemoteAddress, "its connection was closed"));
        Receive<ThisActorSystemQuarantinedEvent>(judged =>
        {
            // Where each has removed the other, what they tell of their clusters decides.
            if (!_strangers.WasRemoved(judged.RemoteAddress)) _settings.Removed();
        });
        Receive<ClusterEvent.MemberRemoved>(removed => Remove(removed.Member.Address, removed.PreviousStatus == MemberStatus.Down));
        Receive<ClusterEvent.MemberExited>(_ => { });
        Receive<ClusterEvent.MemberDowned>(_ => { });
        Receive<ClusterEvent.IMemberEvent>(change => Add(change.Member));
    }

    /// <summary>A node that would begin a cluster asks around first: one that was killed and comes back must find the nodes that it left.</summary>
    private void Join()
    {
        if (_settings.Seeds.Count == 0 || _settings.Seeds[0].Equals(_cluster.SelfAddress)) _beatsUntilBeginning = Beats(Listening);
        else _cluster.JoinSeedNodes(_settings.Seeds);
    }

    private void Add(Member member)
    {
        _strangers.Came(member.Address);
        if (member.UniqueAddress.Equals(_cluster.SelfUniqueAddress))
        {
            // Full members are made while all nodes are heard; a node that comes when another is away is needed at once.
            if (member.Status is MemberStatus.Up or MemberStatus.WeaklyUp) _settings.Taken();
            return;
        }
        if (_peers.ContainsKey(member.Address)) return;
        if (member.Status is MemberStatus.Down or MemberStatus.Exiting or MemberStatus.Removed) return;
        var peer = new Peer(member.Address, Select(member.Address));
        _peers.Add(member.Address, peer);
        peer.Tell(new PeerBeat(_self, Mark()), Self);
    }

    private void Remove(Address address, bool wasDowned)
    {
        if (!_peers.Remove(address, out var peer)) return;
        _encounters.Forget(peer.Address);
        _strangers.Went(address, wasDowned, Now);
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
        if (!_peers.TryGetValue(from, out var peer))
        {
            HearStranger(from, beat);
            return;
        }
        if (peer.Node is { } known && known.Incarnation == node.Incarnation && known.Version > node.Version) return;
        if (peer.Node is { } earlier && earlier.Incarnation != node.Incarnation) Lose(peer, "another process has taken its address", hasEnded: true);
        var isNews = !peer.IsAlive || peer.Node!.Version != node.Version;
        if (ObjectionTo(peer, node) is { } objection)
        {
            if (isNews) Refuse(peer, node, objection);
            peer.HeardNow();
            return;
        }
        if (!peer.IsAlive) SayOfNodes($"Node {node.Name} ({node.Roles.ToString().ToLowerInvariant()}) is {(peer.Node is null ? "in the cluster" : "heard again")}");
        peer.Hear(node);
        if (isNews) Publish(new NodeSeen(node, [.. node.Replicas.Select(hosted => new ReplicaJoined(hosted.Placed.Index, Resolve(hosted.Path), peer.Address))]));
    }

    private Objection? ObjectionTo(Peer peer, NodeDescription node)
    {
        // Of two others of one name the younger is refused, when it is its beat that is heard.
        var same = node.Name == _self.Name ? _self : _peers.Values.FirstOrDefault(other => other != peer && other.IsAlive && other.Node!.Name == node.Name && IsOlder(other, peer))?.Node;
        return Objection.To(node, _self, same);
    }

    /// <summary>A node that is no member: a cluster is there already, which this node joins if it has none yet.</summary>
    private void HearStranger(Address from, PeerBeat beat)
    {
        if (IsMember && _encounters.IsToHear(beat.Cluster)) Sender.Tell(new PeerBeat(_self, Mark()), Self);
        if (_beatsUntilBeginning < 0 || beat.Cluster.Members.IsEmpty) return;
        _settings.Say($"Node {beat.Node.Name} is in a cluster already, which this node joins");
        _beatsUntilBeginning = -1;
        _cluster.Join(from);
    }

    /// <summary>The younger of two nodes that cannot work together goes.</summary>
    private void Refuse(Peer peer, NodeDescription node, Objection objection)
    {
        var isOlder = MemberOf(peer) is { } other && _cluster.SelfMember.IsOlderThan(other);
        var reason = $"the cluster refuses node {(isOlder ? node : _self).Name}: {objection.Reason}";
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
        other != judge && (other.IsAlive || other.Node is null) && IsOlder(other, judge) && (!byDevices || MemberOf(other)!.HasRole(ClusterRoles.Device)));

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
        var asleep = Environment.TickCount64 - _lookedAt > (4 * _settings.BeatInterval.TotalMilliseconds) + 1000;
        _lookedAt = Environment.TickCount64;
        foreach (var peer in _peers.Values)
        {
            if (asleep) peer.HeardNow();
            else if (peer.IsSilent(_settings.SilenceTimeout)) Lose(peer, $"nothing was heard of it for {_settings.SilenceTimeout.TotalSeconds:0.#} s", hasEnded: false);
        }
        Beat();
        if (_beatsUntilBeginning < 0) SayWhenNobodyAnswers();
        else if (--_beatsUntilBeginning < 0) _cluster.Join(_cluster.SelfAddress);
    }

    private void SayWhenNobodyAnswers()
    {
        if (IsMember) _beatsWithoutAnswer = 0;
        else if (++_beatsWithoutAnswer % Beats(Saying) == Beats(Silent))
            _settings.Say($"No seed node has taken this node yet ({string.Join(", ", _settings.Seeds.Select(seed => $"{seed.Host}:{seed.Port}"))}); it goes on asking. Are they up, and has this node certificates of their cluster?");
    }

    private void Beat()
    {
        var beat = new PeerBeat(_self, Mark());
        foreach (var peer in _peers.Values) peer.Tell(beat, Self);
        // Only who is in a cluster, or looks for one, has anything to say to strangers.
        if (!IsMember && _beatsUntilBeginning < 0) return;
        foreach (var address in _strangers.ToTell(probes: ++_beats % Beats(Probing) == 0, Now)) Select(address).Tell(beat, Self);
    }

    private static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

    private Member? MemberOf(Peer peer) => _cluster.State.Members.FirstOrDefault(member => member.Address.ToString() == peer.Address);

    private bool IsOlder(Peer one, Peer other) => MemberOf(one) is { } first && MemberOf(other) is { } second && first.IsOlderThan(second);

    private bool IsMember => _cluster.SelfMember.Status is MemberStatus.Up or MemberStatus.WeaklyUp;

    /// <summary>The cluster as this node knows it.</summary>
    private ClusterMark Mark() => IsMember
        ? new([.. _cluster.State.Members.Select(member => (long)member.UniqueAddress.Uid)], _cluster.State.Members.Min(Member.AgeOrdering)!.Address.ToString())
        : ClusterMark.None;

    private int Beats(TimeSpan time) => (int)Math.Ceiling(time / _settings.BeatInterval);

    private string? PassOn(CommandNode command)
    {
        var node = _self.Name == command.Name ? _self : _peers.Values.FirstOrDefault(other => other.Node?.Name == command.Name)?.Node;
        if (node is null) return $"There is no node '{command.Name}'; the nodes are {string.Join(", ", _peers.Values.Select(other => other.Node?.Name).Append(_self.Name).Where(name => name is not null).Order())}.";
        if (!node.IsDevice) return $"Node '{command.Name}' hosts no devices: stop it, and it finishes what it answers.";
        if (node == _self) Command(command.Drains);
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

    private void PublishSelf() => Publish(new NodeSeen(_self, []));

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
