using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Furiosa.Actors.Protocol;
using AkkaCluster = Akka.Cluster.Cluster;

namespace Furiosa.Actors.Cluster;

/// <summary>
/// Plans the placement, if this node is the placer (<see cref="PlacerRule"/>). Every device node has this actor, so that the
/// next one goes on when the placer dies; it needs no state but what nodes tell of themselves. It says again what a node should host
/// until the node does.
/// </summary>
internal sealed class PlacerActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Forming = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Introduction = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(2);

    private readonly AkkaCluster _cluster = AkkaCluster.Get(Context.System);
    private readonly PlacerSettings _settings;
    private readonly Dictionary<string, NodeDescription> _nodes = [];
    private readonly HashSet<string> _lost = [];
    private readonly Dictionary<string, (long Incarnation, long Version, ImmutableArray<PlacedReplica> Replicas)> _assigned = [];
    private ImmutableArray<string> _said = [];
    private long? _memberSince;
    private long? _formsUntil;
    private long _lastId;
    private long _lastVersion;

    public PlacerActor(PlacerSettings settings)
    {
        _settings = settings;
        Receive<NodeSeen>(seen =>
        {
            _nodes[seen.Node.Address] = seen.Node;
            _lost.Remove(seen.Node.Address);
            Timers.StartSingleTimer(nameof(Plan), Plan.Instance, Settle);
        });
        Receive<NodeLost>(lost =>
        {
            if (lost.IsGone) _lost.Remove(lost.Address);
            else _lost.Add(lost.Address);
            if (_nodes.Remove(lost.Address)) Timers.StartSingleTimer(nameof(Plan), Plan.Instance, Settle);
        });
        Receive<Plan>(_ => Replan());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(Again), Plan.Instance, Again);

    protected override void PostRestart(Exception reason)
    {
        base.PostRestart(reason);
        PeerActor.AskAgain(Context);
    }

    private void Replan()
    {
        if (!IsPlacer())
        {
            _said = [];
            return;
        }
        var devices = _nodes.Values.Where(node => node.IsDevice).ToList();
        // While a cluster forms, what came first must not decide where everything is.
        _formsUntil ??= devices.All(node => node.PlanVersion == 0) ? Environment.TickCount64 + (long)Forming.TotalMilliseconds : 0;
        var forms = Environment.TickCount64 < _formsUntil;
        var running = devices.Where(node => !node.IsDraining).SelectMany(Running).ToList();
        foreach (var hosted in devices.SelectMany(node => node.Replicas)) _lastId = Math.Max(_lastId, hosted.Placed.Id);
        var goal = new PlacementGoal(_settings.Degrees, _settings.SpanNodes, Math.Max(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), _lastId + 1));
        var plan = ClusterPlacer.Make(
            goal, [.. devices.Where(node => !node.IsDraining).Select(node => new PlacementNode(node.Name, node.Pes, node.Cache))], running, afresh: forms);
        foreach (var replica in plan.Replicas) _lastId = Math.Max(_lastId, replica.Id);
        Say(plan);
        _lastVersion = Math.Max(_lastVersion, devices.Max(node => node.PlanVersion)) + 1;
        foreach (var node in devices) Assign(node, [.. plan.Replicas.Where(replica => replica.Home() == node.Name)], plan);
    }

    private void Assign(NodeDescription node, ImmutableArray<PlacedReplica> replicas, ClusterPlan plan)
    {
        var hosted = node.Replicas.Select(replica => replica.Placed.Id).Order();
        if (hosted.SequenceEqual(replicas.Select(replica => replica.Id).Order()) && node.PlanNotices.SequenceEqual(plan.Notices)) return;
        var parts = plan.Replicas.SelectMany(replica => replica.Nodes()).Distinct().ToHashSet();
        ImmutableArray<NodeAddress> addresses = [.. _nodes.Values.Where(other => parts.Contains(other.Name)).Select(other => new NodeAddress(other.Name, other.Address, other.Incarnation))];
        _assigned[node.Address] = (node.Incarnation, _lastVersion, replicas);
        Context.ActorSelection($"{node.Address}/user/node").Tell(new AssignReplicas(_lastVersion, replicas, addresses, plan.Notices));
    }

    /// <summary>What a node runs: what it says, or what it was last told to while it has not said that it knows.</summary>
    private IEnumerable<PlacedReplica> Running(NodeDescription node) =>
        _assigned.TryGetValue(node.Address, out var last) && last.Incarnation == node.Incarnation && node.PlanVersion < last.Version
            ? last.Replicas
            : node.Replicas.Select(hosted => hosted.Placed);

    private void Say(ClusterPlan plan)
    {
        // Whether something is new is no news once it was said.
        ImmutableArray<string> lines = [.. plan.Notices.Select(notice => notice.Replace(ClusterPlacer.Stays, "", StringComparison.Ordinal).Replace(ClusterPlacer.New, "", StringComparison.Ordinal))];
        if (lines.SequenceEqual(_said)) return;
        _said = lines;
        foreach (var line in plan.Notices) _settings.Say($"Placement: {line}");
    }

    private bool IsPlacer()
    {
        var state = _cluster.State;
        var devices = state.Members
            .Where(member => member.HasRole(ClusterRoles.Device) && member.Status is MemberStatus.Up or MemberStatus.WeaklyUp)
            .OrderBy(member => member, Member.AgeOrdering).ToList();
        if (devices.Find(member => member.UniqueAddress.Equals(_cluster.SelfUniqueAddress)) is not { } self) return false;
        _memberSince ??= Environment.TickCount64;
        return PlacerRule.IsPlacer(
            self, devices, member => _nodes.ContainsKey(member.Address.ToString()), member => _lost.Contains(member.Address.ToString()) || state.Unreachable.Contains(member),
            isNew: Environment.TickCount64 - _memberSince < Introduction.TotalMilliseconds);
    }

    private sealed record Plan : ILocalMessage
    {
        public static Plan Instance { get; } = new();
    }
}
