using Furiosa.Tests.Support;

namespace Furiosa.Tests.Cluster;

/// <summary>Every node is stopped and started again, one after the other, under streams whose clients go to another gateway when theirs ends.</summary>
[TestFixture]
public sealed class RollingRestartTests
{
    private const int Workers = 10;

    [Test]
    public async Task Restart_EveryNodeInTurn_EveryStreamIsTheSame()
    {
        using var directory = new TemporaryDirectory();
        // Streams last longer than a gateway waits for them, so that they must go on elsewhere.
        var config = directory.Write("rolling.conf", "furiosa.shutdown.drain-timeout = 1 s\n");
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions(2, 2, "-tp", "2", "--config", config) { Gateways = 2 });
        var client = new ResumingClient(() => [.. cluster.Gateways.Select(gateway => gateway.Http!)]);
        var requests = StreamMix.All.Where(request => request.Body["use_beam_search"] is null).ToList();
        var undisturbed = new Dictionary<string, string>();
        foreach (var request in requests) undisturbed[request.Name] = await client.RunAsync(request);

        using var over = new CancellationTokenSource();
        var workers = Enumerable.Range(0, Workers).Select(worker => Task.Run(async () =>
        {
            var answers = new List<(string Name, string Answer)>();
            for (var i = worker; !over.IsCancellationRequested; i++)
            {
                var request = requests[i % requests.Count];
                answers.Add((request.Name, await client.RunAsync(request)));
            }
            return answers;
        })).ToList();
        for (var i = 0; i < 2; i++) cluster.Devices[i] = await RestartAsync(cluster, cluster.Devices[i], seenBy: cluster.Gateway);
        for (var i = 0; i < 2; i++) cluster.Gateways[i] = await RestartAsync(cluster, cluster.Gateways[i], seenBy: cluster.Gateways[1 - i]);
        await over.CancelAsync();

        var all = (await Task.WhenAll(workers)).SelectMany(answers => answers).ToList();
        await TestContext.Out.WriteLineAsync($"{all.Count} streams, {client.Resumed} times taken up at another gateway");
        foreach (var (name, answer) in all) Assert.That(answer, Is.EqualTo(undisturbed[name]));
        await cluster.WaitForIdleAsync();
    }

    /// <summary>Stops a node as an admin does, starts it again and waits until all is as it was.</summary>
    private static async Task<NodeProcess> RestartAsync(TestCluster cluster, NodeProcess node, NodeProcess seenBy)
    {
        await node.SignalAsync("TERM");
        Assert.That(await node.EndAsync(), Is.Zero, node.Output);
        var next = await node.StartAgainAsync();
        await node.DisposeAsync();
        await cluster.WaitForAsync(report => report["nodes"]!.Count() == 4 && report["nodes"]!.All(one => (string?)one["state"] == "up"), "the node is back", seenBy);
        await cluster.WaitForReplicasAsync(2, seenBy);
        // A load balancer looks at this before it sends anything.
        if (next.Http is { } http) await Eventually.IsTrueAsync(async () => (await http.GetAsync("/health/ready")).IsSuccessStatusCode, "the gateway is ready");
        return next;
    }
}
