using Akka.Actor;
using Akka.Cluster;
using Furiosa.Actors.Cluster;
using Furiosa.Tests.Support;
using AkkaCluster = Akka.Cluster.Cluster;
using SplitBrainResolver = Furiosa.Actors.Cluster.SplitBrainResolver;

namespace Furiosa.Tests.Actors.Cluster;

internal sealed class ClusterSearchTests
{
    /// <summary>A first seed asks the node that it hears, which dies before it has taken it: it listens again, and begins a cluster.</summary>
    [Test]
    public async Task Look_WhoWasAskedIsHeardNoMore_ListensAgainAndBegins()
    {
        using var system = ClusterSystem.Start(SplitBrainResolver.Own, NodeRoles.Gateway);
        var cluster = AkkaCluster.Get(system);
        var said = new List<string>();
        var search = Make(cluster, cluster.SelfAddress, said);
        var nobody = cluster.SelfAddress.WithPort(1);

        search.Begin();
        Assert.That(search.IsListening);
        search.Hear("g2", nobody, TimeSpan.FromSeconds(1));
        Assert.That(search.IsListening, Is.False);
        search.Hear("g2", nobody, TimeSpan.FromSeconds(5));
        search.Look(isMember: false, TimeSpan.FromSeconds(15));
        Assert.That(search.IsListening, Is.False, "it was heard ten seconds ago");
        search.Look(isMember: false, TimeSpan.FromSeconds(16));
        Assert.That(search.IsListening);
        for (var beat = 17; search.IsListening; beat++) search.Look(isMember: false, TimeSpan.FromSeconds(beat));

        await Eventually.IsTrue(() => cluster.SelfMember.Status == MemberStatus.Up, "it has begun a cluster");
        Assert.That(said, Is.EqualTo(["Node g2 is in a cluster already, which this node joins"]));
        await system.Terminate();
    }

    /// <summary>Nobody answers: the node says whom it asks, and where it would have to be reached.</summary>
    [Test]
    public async Task Look_NobodyAnswers_SaysWhatToLookAt()
    {
        using var system = ClusterSystem.Start(SplitBrainResolver.Own, NodeRoles.Device);
        var cluster = AkkaCluster.Get(system);
        var said = new List<string>();
        var search = Make(cluster, cluster.SelfAddress.WithPort(1), said);

        search.Begin();
        for (var beat = 1; beat <= 70; beat++) search.Look(isMember: false, TimeSpan.FromSeconds(beat));

        Assert.That(said, Has.Count.EqualTo(2), "after five seconds, and once more a minute later");
        Assert.That(said, Has.All.Contains("127.0.0.1:1").And.All.Contains($"reach this node at 127.0.0.1:{cluster.SelfAddress.Port}"));
        await system.Terminate();
    }

    private static ClusterSearch Make(AkkaCluster cluster, Address seed, List<string> said)
    {
        var self = new NodeDescription("n1", "", 1, 0, NodeRoles.Gateway, "", "", IsDraining: false, [], default, [], 0, []);
        return new ClusterSearch(cluster, new PeerSettings(self, [seed], TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), []) { Refused = _ => { }, Removed = () => { }, Say = said.Add });
    }
}
