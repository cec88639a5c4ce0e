using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Cluster;

/// <summary>Clusters that fall apart and come together again, under streams that must not notice.</summary>
[TestFixture]
public sealed class ClusterSplitTests
{
    /// <summary>A gateway and a device node on each side: both go on, and when they meet again one side joins the other, streams and all.</summary>
    [Test]
    public async Task Split_GatewaysOnBothSides_BothGoOnAndOneJoinsTheOther()
    {
        using var network = NodeNetwork.MakeOrIgnore();
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions(2, 2, "-tp", "2") { Gateways = 2, Network = network });
        var undisturbed = await UndisturbedAsync(cluster);

        var streams = await BeginAsync(cluster.Gateways);
        network.Cut([0, 2], 1, 3);
        foreach (var gateway in cluster.Gateways) await cluster.WaitForAsync(report => AreUp(report, 2), "each side is a cluster of its own", gateway);
        await ExpectAsync(streams, undisturbed);

        streams = await BeginAsync(cluster.Gateways);
        network.Heal();
        foreach (var gateway in cluster.Gateways) await cluster.WaitForAsync(report => AreUp(report, 4), "all are one cluster again", gateway);
        await ExpectAsync(streams, undisturbed);
        await cluster.WaitForReplicasAsync(2);
        await cluster.WaitForReplicasAsync(2, cluster.Gateways[1]);

        Assert.That(cluster.Gateways.Select(HasJoinedAgain), Is.EquivalentTo((bool[])[false, true]), "one side stays as it is");
        Assert.That(cluster.Devices.Select(HasJoinedAgain), Is.EqualTo(cluster.Gateways.Select(HasJoinedAgain)));
    }

    /// <summary>Only the wire between the gateway and a device node is cut: the node's requests go on elsewhere, and it comes back as a new one.</summary>
    [Test]
    public async Task Cut_BetweenGatewayAndDevice_StreamsGoOnAndTheNodeComesBack()
    {
        using var network = NodeNetwork.MakeOrIgnore();
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions(2, 2, "-tp", "2") { Network = network });
        var undisturbed = await UndisturbedAsync(cluster);

        var streams = await BeginAsync(cluster.Gateways);
        network.Cut([0], 1);
        await ExpectAsync(streams, undisturbed);
        await cluster.WaitForAsync(report => AreUp(report, 2), "the node was removed");
        network.Heal();
        await cluster.WaitForAsync(report => AreUp(report, 3), "the node is back");
        await cluster.WaitForReplicasAsync(2);
        await ExpectAsync(await BeginAsync(cluster.Gateways), undisturbed);
    }

    /// <summary>Only the wire between two device nodes is cut: both still work for the gateway, so nobody is removed and no stream moves.</summary>
    [Test]
    public async Task Cut_BetweenDeviceNodes_BothStay()
    {
        using var network = NodeNetwork.MakeOrIgnore();
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions(2, 2, "-tp", "2") { Network = network });
        var undisturbed = await UndisturbedAsync(cluster);

        network.Cut([1], 2);
        await cluster.WaitForAsync(_ => CountOf(cluster.Gateway, "is heard here and stays") >= 2, "the gateway was told that each does not reach the other");
        await ExpectAsync(await BeginAsync(cluster.Gateways), undisturbed);
        network.Heal();
        await cluster.WaitForAsync(report => AreUp(report, 3), "all are up");

        Assert.That(cluster.Devices.Any(HasJoinedAgain), Is.False, "nobody was removed");
    }

    /// <summary>
    /// While two device nodes do not reach each other, a third one is killed and started again at its address: the cluster forgets its old self only
    /// when all agree, so one of the two gives way and comes back as a new one.
    /// </summary>
    [Test]
    public async Task Cut_BetweenDeviceNodesAndAThirdIsRestarted_OneGivesWayAndTheThirdIsTakenBack()
    {
        using var network = NodeNetwork.MakeOrIgnore();
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions(3, 3) { Network = network });
        var undisturbed = await UndisturbedAsync(cluster);

        network.Cut([1], 2);
        await cluster.WaitForAsync(_ => CountOf(cluster.Gateway, "is heard here and stays") >= 2, "the gateway was told that each does not reach the other");
        var streams = await BeginAsync(cluster.Gateways);
        cluster.Devices[2].Kill();
        cluster.Devices[2] = await cluster.ReplaceAsync(cluster.Devices[2]);
        await cluster.WaitForAsync(report => AreUp(report, 4), "all are up, though two of them do not reach each other");
        await ExpectAsync(streams, undisturbed);
        await ExpectAsync(await BeginAsync(cluster.Gateways), undisturbed);
        network.Heal();
        await cluster.WaitForReplicasAsync(3);

        Assert.That(cluster.Devices.Count(HasJoinedAgain), Is.EqualTo(1), "one of the two was removed for it");
    }

    /// <summary>A gateway is stopped for so long that the cluster gives it up: when it wakes it joins again, and its streams go on.</summary>
    [Test]
    public async Task Stopped_GatewayIsRemoved_ItsStreamsGoOnWhenItHasJoinedAgain()
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions(1, 1, "-tp", "2") { Gateways = 2 });
        var undisturbed = await UndisturbedAsync(cluster);
        var second = cluster.Gateways[1];

        var streams = await BeginAsync([second]);
        await second.SignalAsync("STOP");
        await cluster.WaitForAsync(report => AreUp(report, 2), "the stopped gateway was removed");
        await second.SignalAsync("CONT");

        await ExpectAsync(streams, undisturbed);
        await cluster.WaitForAsync(report => AreUp(report, 3), "the gateway is back");
        Assert.That(HasJoinedAgain(second), Is.True, second.Output);
    }

    private static async Task<Dictionary<string, string>> UndisturbedAsync(TestCluster cluster)
    {
        var answers = await Task.WhenAll(StreamMix.All.Select(request => StreamMix.RunAsync(cluster.Gateway.Http!, request)));
        return StreamMix.All.Index().ToDictionary(entry => entry.Item.Name, entry => answers[entry.Index]);
    }

    /// <summary>Begins streams of every kind at each gateway, and returns when some of each have begun.</summary>
    private static async Task<List<(string Name, Task<string> Answer)>> BeginAsync(IReadOnlyList<NodeProcess> gateways)
    {
        var streams = new List<(string, Task<string>)>();
        foreach (var gateway in gateways)
        {
            var begun = new SemaphoreSlim(0);
            streams.AddRange(StreamMix.All.Select(request => (request.Name, StreamMix.RunAsync(gateway.Http!, request, () => begun.Release()))));
            for (var i = 0; i < StreamMix.All.Count / 2; i++) Assert.That(await begun.WaitAsync(TimeSpan.FromSeconds(100)), Is.True);
        }
        return streams;
    }

    private static async Task ExpectAsync(List<(string Name, Task<string> Answer)> streams, Dictionary<string, string> undisturbed)
    {
        await Task.WhenAll(streams.Select(stream => stream.Answer)).WaitAsync(TimeSpan.FromSeconds(150));
        foreach (var (name, answer) in streams) Assert.That(await answer, Is.EqualTo(undisturbed[name]));
    }

    private static bool AreUp(JObject report, int count) => report["nodes"]!.Count() == count && report["nodes"]!.All(node => (string?)node["state"] == "up");

    private static int CountOf(NodeProcess node, string text) => node.Output.Split(text).Length - 1;

    private static bool HasJoinedAgain(NodeProcess node) => node.Output.Contains("given this node up", StringComparison.Ordinal);
}
