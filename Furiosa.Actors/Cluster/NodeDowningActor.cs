using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Furiosa.Actors.Protocol;
using AkkaCluster = Akka.Cluster.Cluster;

namespace Furiosa.Actors.Cluster;

/// <summary>Removes unreachable nodes by <see cref="DowningRule"/> once the set of them has stood still for a while.</summary>
internal sealed class NodeDowningActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly AkkaCluster _cluster = AkkaCluster.Get(Context.System);
    private readonly ActorSelection _peers = Context.ActorSelection($"/user/{PeerActor.Name}");
    private readonly TimeSpan _after;
    private ImmutableHashSet<UniqueAddress> _kept = [];
    private ImmutableHashSet<UniqueAddress> _removed = [];

    public NodeDowningActor(TimeSpan after)
    {
        _after = after;
        Receive<ClusterEvent.IReachabilityEvent>(_ => Wait());
        Receive<ClusterEvent.IMemberEvent>(_ => Wait());
        Receive<Decide>(_ =>
        {
            var unreachable = _cluster.State.Unreachable;
            if (unreachable.IsEmpty) _kept = _removed = [];
            else _peers.Ask<HeardNodes>(AskHeard.Instance, Patience).PipeTo(Self, success: heard => new Verdict(unreachable, heard.Addresses), failure: _ => NoVerdict.Instance);
        });
        Receive<Verdict>(Down);
        // On a machine too busy to say whom it hears nobody is blamed.
        Receive<NoVerdict>(_ => Wait());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => _cluster.Subscribe(
        Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IReachabilityEvent), typeof(ClusterEvent.IMemberEvent));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    // The state that the cluster shows may be a moment behind its events: what is unreachable is looked at when the time is over.
    private void Wait() => Timers.StartSingleTimer(nameof(Decide), Decide.Instance, _after);

    private void Down(Verdict verdict)
    {
        var state = _cluster.State;
        var reachable = state.Members.Except(state.Unreachable).ToList();
        // Whoever has become so since has not been for long.
        var unreachable = verdict.Unreachable.Intersect(state.Unreachable).Where(member => member.Status != MemberStatus.Down).Order().ToList();
        bool IsHeard(Member member) => verdict.Heard.Contains(member.Address.ToString());
        foreach (var member in DowningRule.ToDown(_cluster.SelfMember, reachable, unreachable, IsGateway, IsHeard))
        {
            _log.Warning("Node {Node} has been unreachable for {Seconds} s and is removed", member.Address, _after.TotalSeconds);
            _cluster.Down(member.Address);
        }
        GiveWay(state, reachable, unreachable, IsHeard);
        foreach (var member in unreachable.Where(member => IsHeard(member) && !_kept.Contains(member.UniqueAddress)))
            _log.Warning("Node {Node} is not reached by every node, but is heard here and stays", member.Address);
        _kept = [.. unreachable.Where(IsHeard).Select(member => member.UniqueAddress)];
        // Whom one node does not reach already, the cluster does not tell of again when the others lose it too.
        if (!state.Unreachable.IsEmpty) Wait();
    }

    // Whoever is removed goes within a second or two, unless nodes do not agree: so it stays over a verdict and the one before.
    private void GiveWay(ClusterEvent.CurrentClusterState state, List<Member> reachable, List<Member> unreachable, Func<Member, bool> isHeard)
    {
        var removed = state.Members.Where(member => member.Status == MemberStatus.Down).Select(member => member.UniqueAddress).ToImmutableHashSet();
        var stuck = removed.Intersect(_removed);
        _removed = removed;
        if (stuck.IsEmpty || DowningRule.ToGiveWay(_cluster.SelfMember, reachable, unreachable, IsGateway, isHeard) is not { } member) return;
        _log.Warning("Node {Node} is not reached by every node, so {Removed} cannot be forgotten and taken back: the former is removed and joins again", member.Address, string.Join(", ", stuck.Select(node => node.Address)));
        _cluster.Down(member.Address);
    }

    private static bool IsGateway(Member member) => member.HasRole(ClusterRoles.Gateway);

    /// <summary>Who has been unreachable for long, and who is heard all the same.</summary>
    private sealed record Verdict(ImmutableHashSet<Member> Unreachable, ImmutableHashSet<string> Heard) : ILocalMessage;

    private sealed record NoVerdict : ILocalMessage
    {
        public static NoVerdict Instance { get; } = new();
    }

    private sealed record Decide : ILocalMessage
    {
        public static Decide Instance { get; } = new();
    }
}
