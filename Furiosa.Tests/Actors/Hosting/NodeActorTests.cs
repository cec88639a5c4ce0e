using Akka.Actor;
using Furiosa.Actors.Cluster;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;
using Furiosa.Device.Mesh;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Actors.Hosting;

internal sealed class NodeActorTests
{
    private static readonly NodeDescription Node = new("d1", "", 1, 0, NodeRoles.Device, "", "", IsDraining: false, [], default, [], 0, []);

    /// <summary>A defect ends the node's actor and its replicas: restarted, it tells the others so, that the placer gives it others.</summary>
    [Test]
    public async Task Restart_AfterAFault_TellsThatItHostsNothing()
    {
        var kit = new ActorKit();
        var peers = kit.CreateTestProbe();
        var settings = new NodeSettings([], ActorRefs.Nobody, null);
        var node = kit.Sys.ActorOf(Props.Create(() => new NodeActor(settings, null!)));
        node.Tell(new PeersReady(peers));
        peers.ExpectMsg<DescribeNode>();
        node.Tell(new AssignReplicas(7, [], [], ["as planned"]));
        Assert.That(peers.ExpectMsg<DescribeNode>().Change(Node).PlanVersion, Is.EqualTo(7));

        // A part on a node that the plan says nothing of.
        node.Tell(new AssignReplicas(8, [new PlacedReplica(0, 1, new CacheSize(1), [new PlacedStage(0, [new PlacedPe("d1", new PeId(0, 0)), new PlacedPe("d2", new PeId(0, 0))])])], [], []));

        var told = peers.ExpectMsg<DescribeNode>().Change(Node);
        Assert.That((told.PlanVersion, told.Replicas.Length), Is.EqualTo((0, 0)));
        await kit.Sys.Terminate();
    }
}
