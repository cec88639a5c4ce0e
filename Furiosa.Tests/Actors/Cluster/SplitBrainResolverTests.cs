using Akka.Actor;
using Akka.Cluster;
using Furiosa.Actors.Cluster;
using Furiosa.Actors.Protocol;
using Furiosa.Tests.Support;
using AkkaCluster = Akka.Cluster.Cluster;
using SplitBrainResolver = Furiosa.Actors.Cluster.SplitBrainResolver;

namespace Furiosa.Tests.Actors.Cluster;

/// <summary>The resolver that the admin has chosen is the one that decides: three real nodes, of which some vanish without a word.</summary>
internal sealed class SplitBrainResolverTests
{
    [TestCase(null, 0, 2, true, Description = "a side with a gateway goes on")]
    [TestCase("keep-majority", 0, 2, false, Description = "one of three is no majority")]
    [TestCase("static-quorum", 3, 1, false, Description = "two are no quorum of three")]
    [TestCase("keep-oldest", 0, 1, true, Description = "the oldest has one beside it")]
    public async Task Resolver_SomeOfThreeNodesVanish_DecidesWhetherTheGatewayGoesOn(string? strategy, int quorum, int vanish, bool goesOn)
    {
        var resolver = new SplitBrainResolver(strategy, quorum);
        var systems = new[] { NodeRoles.Gateway, NodeRoles.Device, NodeRoles.Device }.Select(role => ClusterSystem.Start(resolver, role)).ToList();
        try
        {
            var clusters = systems.Select(AkkaCluster.Get).ToList();
            foreach (var system in systems) system.ActorOf(Props.Create<Answering>((Func<object>)(() => HeardNodes.None)), PeerActor.Name);
            clusters[0].Join(clusters[0].SelfAddress);
            await Eventually.IsTrue(() => clusters[0].SelfMember.Status == MemberStatus.Up, "there is a cluster");
            foreach (var other in clusters.Skip(1)) other.Join(clusters[0].SelfAddress);
            await Eventually.IsTrue(() => clusters.TrueForAll(one => one.State.Members.Count(member => member.Status == MemberStatus.Up) == 3), "all are in the cluster");

            await Task.WhenAll(systems.TakeLast(vanish).Select(system => system.Terminate()));

            await Eventually.IsTrue(() => clusters[0].IsTerminated || clusters[0].State.Members.Count == 3 - vanish, "it is decided");
            Assert.That(clusters[0].IsTerminated, Is.EqualTo(!goesOn));
        }
        finally
        {
            await Task.WhenAll(systems.Select(system => system.Terminate()));
        }
    }

    /// <summary>Whoever is heard stays, although the cluster does not count it as reachable; it is removed when its beats end, which no event tells of.</summary>
    [Test]
    public async Task Unreachable_NodeThatIsStillHeard_StaysUntilItsBeatsEnd()
    {
        var systems = new[] { NodeRoles.Gateway, NodeRoles.Device }.Select(role => ClusterSystem.Start(SplitBrainResolver.Own, role)).ToList();
        try
        {
            var clusters = systems.Select(AkkaCluster.Get).ToList();
            var asked = 0;
            var heard = new HeardNodes([clusters[1].SelfAddress.ToString()]);
            systems[0].ActorOf(Props.Create<Answering>((Func<object>)Answer), PeerActor.Name);
            object Answer() => asked++ < 2 ? heard : HeardNodes.None;

            foreach (var one in clusters) one.Join(clusters[0].SelfAddress);
            await Eventually.IsTrue(() => clusters.TrueForAll(one => one.State.Members.Count(member => member.Status == MemberStatus.Up) == 2), "both are in the cluster");

            await systems[1].Terminate();

            await Eventually.IsTrue(() => clusters[0].State.Members.Count == 1, "it is decided");
            Assert.That(asked, Is.GreaterThanOrEqualTo(3));
        }
        finally
        {
            await Task.WhenAll(systems.Select(system => system.Terminate()));
        }
    }

    private sealed class Answering : ReceiveActor
    {
        public Answering(Func<object> answer) => ReceiveAny(_ => Sender.Tell(answer()));
    }
}
