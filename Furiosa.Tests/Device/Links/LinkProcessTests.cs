using System.Diagnostics;
using System.Net;
using Furiosa.Device.Links;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Links;

/// <summary>What a node sees of a peer whose process is stopped or killed, with the limits that are the default.</summary>
[TestFixture]
internal sealed class LinkProcessTests
{
    public const string Mode = "link-peer";

    private static readonly LinkHello Hello = new("replica-0", 7, 0, "node-a", "node-b");
    private static readonly byte[] Secret = new byte[32];

    // The other process starts cold.
    private static readonly LinkLimits Limits = new() { Handshake = TimeSpan.FromSeconds(60) };

    [TestCase("STOP", "node-a was silent for 2.5 s")]
    [TestCase("KILL", "node-a ")]
    public async Task Peer_StoppedOrKilled_IsGone(string signal, string said)
    {
        using var listener = new LinkListener(new IPEndPoint(IPAddress.Loopback, 0), null, Limits, Assert.Fail);
        var accepted = new TaskCompletionSource<LinkConnection>();
        using var expected = listener.Expect(Hello, Secret, accepted.SetResult);
        using var peer = Process.Start(new ProcessStartInfo("dotnet", [typeof(PeerProgram).Assembly.Location, Mode, $"{listener.Port}"]) { RedirectStandardInput = true })!;
        try
        {
            using var connection = await accepted.Task.WaitAsync(TimeSpan.FromSeconds(60));
            using var beat = new SemaphoreSlim(0);
            Exception? fault = null;
            connection.Start(100, frame =>
            {
                frame.Return();
                beat.Release();
            }, error => Volatile.Write(ref fault, error));
            Assert.That(await beat.WaitAsync(TimeSpan.FromSeconds(60)), "its frame is there");

            using (var kill = Process.Start("kill", [$"-{signal}", $"{peer.Id}"])) await kill.WaitForExitAsync();
            await Eventually.IsTrue(() => Volatile.Read(ref fault) is not null, "its end is noticed");

            Assert.That(fault!.Message, Does.StartWith(said));
        }
        finally
        {
            peer.Kill();
            await peer.WaitForExitAsync();
        }
    }

    [Test]
    public void Silence_ByDefault_IsNoticedWithinThreeSeconds() => Assert.That(new LinkLimits().Silence, Is.LessThan(TimeSpan.FromSeconds(3)));

    /// <summary>The other process: connects, says one thing and lives until its input ends.</summary>
    public static int Run(int port)
    {
        using var connection = LinkDialer.ConnectAsync("127.0.0.1", port, Hello, Secret, null, Limits, CancellationToken.None).GetAwaiter().GetResult();
        connection.Start(100, frame => frame.Return(), _ => { });
        connection.Send(new OutgoingFrame(1, new byte[1]));
        Console.In.ReadToEnd();
        return 0;
    }
}
