using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster;
using Furiosa.Actors.Cluster;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using Furiosa.Tests.Support;
using AkkaCluster = Akka.Cluster.Cluster;
using SplitBrainResolver = Furiosa.Actors.Cluster.SplitBrainResolver;

namespace Furiosa.Tests.Actors.Cluster;

/// <summary>What a node makes of others, with two real actor systems; the second one's beats are the test's.</summary>
internal sealed class PeerActorTests
{
    private readonly ConcurrentQueue<string> _ends = new();
    private readonly ConcurrentQueue<object> _told = new();
    private ActorSystem _system = null!;
    private ActorSystem _stranger = null!;
    private IActorRef _peers = null!;

    /// <summary>The stranger, as the older node has messages of it.</summary>
    private IActorRef Stranger => ((ExtendedActorSystem)_system).Provider.ResolveActorRef(new RootActorPath(AkkaCluster.Get(_stranger).SelfAddress) / "user" / PeerActor.Name);

    [SetUp]
    public async Task StartAsync()
    {
        _ends.Clear();
        _system = ClusterSystem.Start(SplitBrainResolver.Own, NodeRoles.Device);
        _stranger = ClusterSystem.Start(SplitBrainResolver.Own, NodeRoles.Device);
        var own = AkkaCluster.Get(_system);
        own.Join(own.SelfAddress);
        await Eventually.IsTrue(() => own.SelfMember.Status == MemberStatus.Up, "there is a cluster");
        var settings = new PeerSettings(Describe(own, "d1", "model A"), [], TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(5), [])
        {
            Refused = _ends.Enqueue,
            Removed = () => _ends.Enqueue("removed"),
            Say = _ => { },
        };
        _peers = _system.ActorOf(Props.Create(() => new PeerActor(settings)), PeerActor.Name);
        AkkaCluster.Get(_stranger).Join(own.SelfAddress);
        await Eventually.IsTrue(() => own.State.Members.Count(member => member.Status == MemberStatus.Up) == 2, "the other is in the cluster");
        await Eventually.IsTrueAsync(async () => (await ReportAsync()).Nodes.Count == 2, "its peer knows it");
    }

    [TearDown]
    public async Task EndAsync()
    {
        await Task.WhenAll(_system.Terminate(), _stranger.Terminate());
        _system.Dispose();
        _stranger.Dispose();
    }

    /// <summary>A beat that was sent before its node was removed, and is read when the cluster has forgotten it, ends nobody.</summary>
    [Test]
    public async Task Beat_OfANodeThatDoesNotFitAndIsGone_DoesNotEndTheOlderOne()
    {
        // Held where it cannot look at its messages, as a busy machine holds it.
        var go = new TaskCompletionSource();
        _peers.Tell(new DescribeNode(node =>
        {
            go.Task.Wait();
            return node;
        }));
        var (own, other) = (AkkaCluster.Get(_system), AkkaCluster.Get(_stranger));
        _peers.Tell(new PeerBeat(Describe(other, "d2", "model B"), ClusterMark.None), Stranger);
        own.Down(other.SelfAddress);
        try
        {
            await Eventually.IsTrue(() => own.State.Members.Count == 1, "the other is gone");
        }
        finally
        {
            go.SetResult();
        }

        await Eventually.IsTrueAsync(async () => (await ReportAsync()).Nodes.Count == 1, "its peer knows that, too");
        Assert.That(_ends, Is.Empty);
    }

    /// <summary>Only an older node's word ends this one.</summary>
    [Test]
    public async Task Refused_ByTheYounger_GoesOn()
    {
        _peers.Tell(new PeerRefused("the cluster refuses node d1"), Stranger);

        await ReportAsync();
        Assert.That(_ends, Is.Empty);
    }

    /// <summary>A defect restarts the actor: it knows what the node hosts, and finds the others again.</summary>
    [Test]
    public async Task Restart_AfterAFault_KnowsWhatItKnew()
    {
        _peers.Tell(new PeerBeat(Describe(AkkaCluster.Get(_stranger), "d2", "model A"), ClusterMark.None), Stranger);
        _peers.Tell(new DescribeNode(node => node with { PlanNotices = ["as planned"] }));
        _peers.Tell(new DescribeNode(_ => throw new InvalidOperationException("a defect")));
        var listener = _system.ActorOf(Props.Create(() => new Listener(_told)));
        await Eventually.IsTrueAsync(async () => (await ReportAsync()).Nodes.Count == 2, "it knows the members");
        _peers.Tell(new PeerBeat(Describe(AkkaCluster.Get(_stranger), "d2", "model A"), ClusterMark.None), Stranger);
        _peers.Tell(TellNodesAgain.Instance, listener);

        await Eventually.IsTrue(() => _told.Count == 2, "whoever was restarted is told of all");
        Assert.That(_told.OfType<NodeSeen>().Select(seen => seen.Node.Name), Is.EqualTo(["d1", "d2"]));
        Assert.That((await ReportAsync()).Placement, Is.EqualTo(["as planned"]));
        Assert.That(_ends, Is.Empty);
    }

    private Task<ClusterReport> ReportAsync() => _peers.Ask<ClusterReport>(AskReport.Instance, Patience.Longest);

    private sealed class Listener : ReceiveActor
    {
        public Listener(ConcurrentQueue<object> told) => ReceiveAny(told.Enqueue);
    }

    private static NodeDescription Describe(AkkaCluster cluster, string name, string model) =>
        new(name, cluster.SelfAddress.ToString(), cluster.SelfUniqueAddress.Uid, 0, NodeRoles.Device, model, "", IsDraining: false, [], default, [], 0, []);
}
