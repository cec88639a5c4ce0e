using Furiosa.Tests.Support;

namespace Furiosa.Tests.Cluster;

/// <summary>Every node is stopped and started again, one after the other, under streams whose clients go to another gateway when theirs ends.</summary>
[TestFixture]
public sealed class RollingRestartTests
{
    [Test]
    public Task Restart_EveryNodeInTurn_EveryStreamIsTheSame() => RestartedStreams.CompareAsync(async cluster =>
    {
        for (var i = 0; i < 2; i++) cluster.Devices[i] = await RestartAsync(cluster, cluster.Devices[i], seenBy: cluster.Gateway);
        for (var i = 0; i < 2; i++) cluster.Gateways[i] = await RestartAsync(cluster, cluster.Gateways[i], seenBy: cluster.Gateways[1 - i]);
    });

    /// <summary>Stops a node as an admin does, starts it again and waits until all is as it was.</summary>
    private static async Task<NodeProcess> RestartAsync(TestCluster cluster, NodeProcess node, NodeProcess seenBy)
    {
        await node.SignalAsync("TERM");
        Assert.That(await node.EndAsync(), Is.Zero, node.Output);
        var next = await cluster.ReplaceAsync(node);
        await cluster.WaitForAsync(report => report["nodes"]!.Count() == 4 && report["nodes"]!.All(one => (string?)one["state"] == "up"), "the node is back", seenBy);
        await cluster.WaitForReplicasAsync(2, seenBy);
        // A load balancer looks at this before it sends anything.
        if (next.Http is { } http) await Eventually.IsTrueAsync(async () => (await http.GetAsync("/health/ready")).IsSuccessStatusCode, "the gateway is ready");
        return next;
    }
}
