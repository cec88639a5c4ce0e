using System.Net;
using System.Net.Sockets;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Cluster;

/// <summary>A node that dies in the middle of a TLS handshake takes no other with it.</summary>
[TestFixture]
public sealed class BrokenHandshakeTests
{
    [Test]
    public async Task Handshake_OtherSideCloses_TheNodeGoesOnAndStillStopsAsAsked()
    {
        using var authority = new TestCertificates();
        var (ca, certificate, key) = authority.Files("127.0.0.1");
        // Nothing listens there before the node is a member.
        using var dying = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var own = new Socket(SocketType.Stream, ProtocolType.Tcp);
        foreach (var socket in (Socket[])[dying, own]) socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)own.LocalEndPoint!).Port;
        own.Close();
        await using var node = await NodeProcess.StartAsync(
            "--role", "gateway", "--host", "127.0.0.1", "--port", "0", "--admin-port", "0", "--cluster-port", $"{port}",
            "--seed-nodes", $"127.0.0.1:{port},127.0.0.1:{((IPEndPoint)dying.LocalEndPoint!).Port}",
            "--cluster-ca", ca, "--cluster-certificate", certificate, "--cluster-key", key);

        dying.Listen();
        for (var i = 0; i < 4; i++)
        {
            using var handshake = await dying.AcceptAsync().WaitAsync(TimeSpan.FromSeconds(60));
            await handshake.ReceiveAsync(new byte[1]);
        }

        Assert.That(node.Output, Does.Not.Contain("given this node up"));
        using var admin = TestCluster.AdminOf(node);
        Assert.That(await admin.GetStringAsync("/admin/api/cluster"), Does.Contain("\"up\""));
        await node.SignalAsync("TERM");
        Assert.That(await node.EndAsync(), Is.Zero, node.Output);
    }
}
