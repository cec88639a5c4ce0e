using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Furiosa.Actors.Protocol;
using AkkaCluster = Akka.Cluster.Cluster;

namespace Furiosa.Actors.Cluster;

/// <summary>Removes unreachable nodes by <see cref="DowningRule"/> once the set of them has stood still for a while.</summary>
internal sealed class NodeDowningActor : ReceiveActor, IWithTimers
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly AkkaCluster _cluster = AkkaCluster.Get(Context.System);
    private readonly TimeSpan _after;

    public NodeDowningActor(TimeSpan after)
    {
        _after = after;
        Receive<ClusterEvent.IReachabilityEvent>(_ => Wait());
        Receive<ClusterEvent.IMemberEvent>(_ => Wait());
        Receive<Decide>(_ => Down());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => _cluster.Subscribe(
        Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IReachabilityEvent), typeof(ClusterEvent.IMemberEvent));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    // The state that the cluster shows may be a moment behind its events: what is unreachable is looked at when the time is over.
    private void Wait() => Timers.StartSingleTimer(nameof(Decide), Decide.Instance, _after);

    private void Down()
    {
        var unreachable = _cluster.State.Unreachable;
        var reachable = _cluster.State.Members.Except(unreachable).ToList();
        foreach (var member in DowningRule.ToDown(reachable, unreachable, member => member.HasRole(ClusterRoles.Gateway)))
        {
            _log.Warning("Node {Node} has been unreachable for {Seconds} s and is removed", member.Address, _after.TotalSeconds);
            _cluster.Down(member.Address);
        }
    }

    private sealed record Decide : ILocalMessage
    {
        public static Decide Instance { get; } = new();
    }
}
