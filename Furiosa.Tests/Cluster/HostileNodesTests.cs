using System.Net;
using System.Net.Sockets;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Cluster;

/// <summary>Nodes that do not fit and bytes of strangers: each is refused with the reason, and harms nobody.</summary>
[TestFixture]
public sealed class HostileNodesTests
{
    [Test]
    public async Task Cluster_MeetsNodesThatDoNotFitAndBytesOfStrangers_RefusesThemAndGoesOn()
    {
        await using var cluster = await TestCluster.StartAsync(devices: 1, "-tp", "2");
        var request = StreamMix.All[1];
        var undisturbed = await StreamMix.RunAsync(cluster.Gateway.Http!, request);

        var stream = StreamMix.RunAsync(cluster.Gateway.Http!, request);
        var nodes = Task.WhenAll(
            RunAsync(cluster, "--node-name", "d1", "-tp", "2"),
            RunAsync(cluster, "--node-name", "d2", "-tp", "4"),
            RunAsync(cluster, "--node-name", "d3", "-tp", "2", "--max-model-len", "512"));
        foreach (var port in (int[])[cluster.Gateway.ClusterPort, cluster.Devices[0].ClusterPort, cluster.Gateway.Admin!.Port]) await SendGarbageAsync(port);

        var ends = await nodes;
        Assert.That(ends.Select(run => run.ExitCode), Is.All.EqualTo(1), string.Join('\n', ends.Select(run => $"{run.Output}{run.Error}")));
        Assert.That(ends[0].Error, Does.Contain("have the same name: give each a --node-name of its own"));
        Assert.That(ends[1].Error, Does.Contain("start all device nodes with the same weights, -tp, -pp and -dp"));
        Assert.That(ends[2].Error, Does.Contain("up to 512 tokens").And.Contain("start all nodes with the same model files"));
        Assert.That(await stream, Is.EqualTo(undisturbed));
        Assert.That(await StreamMix.RunAsync(cluster.Gateway.Http!, request), Is.EqualTo(undisturbed));
        // What came in is told in lines, not in stacks.
        Assert.That(cluster.Gateway.Output, Does.Contain("What a connection brought was refused"));
        foreach (var noise in (string[])["   at ", "Tried to associate", "Akka.Event."]) Assert.That(cluster.Gateway.Output, Does.Not.Contain(noise));
    }

    private static Task<ProgramRun> RunAsync(TestCluster cluster, params string[] arguments) => ProgramRun.ToEndAsync(
        ProgramRun.StartInfo(["serve", "--role", "device", "--admin-port", "0", "--cluster-port", "0", "--seed-nodes", $"127.0.0.1:{cluster.Gateway.ClusterPort}", .. arguments]),
        longest: TimeSpan.FromSeconds(150));

    private static async Task SendGarbageAsync(int port)
    {
        foreach (var bytes in (byte[][])[[0x7f, 0xff, 0xff, 0xff, 1, 2], [3, 0, 0, 0, 8, 1, 2], "GET / HTTP/1.1\r\n\r\n"u8.ToArray(), new byte[1000]])
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, port);
            await socket.SendAsync(bytes);
        }
    }
}
