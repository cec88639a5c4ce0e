using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Furiosa.Device.Links;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Links;

/// <summary>Who may open a data connection, with real sockets and real TLS.</summary>
[TestFixture]
internal sealed class LinkListenerTests
{
    private static readonly LinkHello Hello = new("replica-0", 7, 0, "node-a", "node-b");
    private static readonly byte[] Secret = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly LinkLimits Limits = new() { Silence = TimeSpan.FromSeconds(30), Handshake = TimeSpan.FromSeconds(30) };

    private ConcurrentQueue<string> _refusals = new();

    [SetUp]
    public void Forget() => _refusals = new(); // an earlier test's listener may still be about to tell

    [TestCase(true)]
    [TestCase(false)]
    public async Task Connect_AsExpected_OpensBothEnds(bool secured)
    {
        using var authority = new TestCertificates();
        using var listener = Listen(secured ? authority.Issue("node-b") : null);
        var accepted = new TaskCompletionSource<LinkConnection>();
        using var expected = listener.Expect(Hello, Secret, accepted.SetResult);

        using var near = await Connect(listener, Hello, Secret, secured ? authority.Issue("node-a") : null);
        using var far = await accepted.Task;
        using var came = new SemaphoreSlim(0);
        far.Start(100, frame => came.Release(frame.Payload.Length), _ => { });
        near.Start(100, _ => { }, _ => { });
        near.Send(new OutgoingFrame(1, new byte[3]));

        await Eventually.IsTrue(() => came.CurrentCount == 3, "the frame is there");
        Assert.That((near.Peer, far.Peer), Is.EqualTo(("node-b", "node-a")));
        Assert.That(_refusals, Is.Empty);
    }

    [TestCase("stale", "epoch 6 of replica-0 is over: epoch 7 is under way")]
    [TestCase("lane", "lane 3 from node-a to node-b is no part of epoch 7 of replica-0")]
    [TestCase("node", "lane 0 from node-x to node-b is no part of epoch 7 of replica-0")]
    [TestCase("group", "nothing is known here of replica-9")]
    [TestCase("secret", "the secret for epoch 7 of replica-0 is wrong")]
    public async Task Connect_NotAsExpected_IsRefusedWithTheReasonAndTold(string what, string reason)
    {
        using var listener = Listen(null);
        using var expected = listener.Expect(Hello, Secret, Unwanted);
        var hello = what switch
        {
            "stale" => Hello with { Epoch = 6 },
            "lane" => Hello with { Lane = 3 },
            "node" => Hello with { From = "node-x" },
            "group" => Hello with { Group = "replica-9" },
            _ => Hello,
        };

        var fault = Assert.ThrowsAsync<IOException>(() => Connect(listener, hello, what == "secret" ? new byte[32] : Secret, null));

        Assert.That(fault!.InnerException, Is.TypeOf<LinkRefusedException>());
        Assert.That(fault.Message, Does.EndWith(reason));
        await Eventually.IsTrue(() => !_refusals.IsEmpty, "the refusal is told");
        Assert.That(_refusals.Single(), Does.StartWith("A data connection from 127.0.0.1:").And.EndWith($"{hello.From} was told that {reason}"));
    }

    [Test]
    public async Task Connect_Twice_SecondIsRefused()
    {
        using var listener = Listen(null);
        using var expected = listener.Expect(Hello, Secret, connection => connection.Dispose());
        using var first = await Connect(listener, Hello, Secret, null);

        Assert.That(() => Connect(listener, Hello, Secret, null), Throws.TypeOf<IOException>().With.Message.Contains("is open already"));
    }

    [Test]
    public void Connect_AfterTheExpectationEnded_IsRefused()
    {
        using var listener = Listen(null);
        listener.Expect(Hello, Secret, Unwanted).Dispose();

        Assert.That(() => Connect(listener, Hello, Secret, null), Throws.TypeOf<IOException>().With.Message.Contains("nothing is known here"));
    }

    [TestCase("another authority", "Its certificate is not good in this cluster: .*(issuer|chain)")]
    [TestCase("expired", "Its certificate is not good in this cluster: it ended at 20..-..-.. ..:.. UTC")]
    [TestCase("no certificate", "Its certificate is not good in this cluster: there is none")]
    [TestCase("no TLS", "frame")]
    public async Task Connect_WithoutTheClustersCertificate_IsRefusedAndTold(string who, string told)
    {
        using var authority = new TestCertificates();
        using var other = new TestCertificates();
        // First: an authority cannot issue for a time before its own.
        var (ca, certificate, key) = authority.Files("late", DateTimeOffset.UtcNow.AddDays(-30));
        using var expired = ClusterCertificates.Read(ca, certificate, key);
        using var listener = Listen(authority.Issue("node-b"));
        using var expected = listener.Expect(Hello, Secret, Unwanted);

        Task Foreign() => who switch
        {
            "another authority" => Connect(listener, Hello, Secret, other.Issue("node-a")),
            "no certificate" => WithoutCertificate(listener.Port),
            "expired" => Connect(listener, Hello, Secret, expired),
            _ => Connect(listener, Hello, Secret, null),
        };

        Assert.That(Foreign, Throws.InstanceOf<IOException>());
        await Eventually.IsTrue(() => !_refusals.IsEmpty, "the refusal is told");
        Assert.That(_refusals.Single(), Does.Match(told));
    }

    [Test]
    public void Connect_ToAnotherClustersNode_IsRefusedByTheOneWhoConnects()
    {
        using var authority = new TestCertificates();
        using var other = new TestCertificates();
        using var listener = Listen(other.Issue("node-b"));
        using var expected = listener.Expect(Hello, Secret, Unwanted);

        Assert.That(() => Connect(listener, Hello, Secret, authority.Issue("node-a")), Throws.TypeOf<IOException>().With.Message.Contains("node-b cannot be connected"));
    }

    [TestCase("GET / HTTP/1.1\r\n\r\n", "which is no greeting")]
    [TestCase("FUFH\x09\0\x40\0", "It speaks version 9")]
    [TestCase("FUFH\x01\0\xFF\xFF", "Its greeting has 65535 bytes")]
    [TestCase("FUFH\x01\0\x40\0LLLLEEEEEEEE\x05ab\xC3\x28\x63\x05nodeA\x05nodeB01234567890123456789012345678901", "Its greeting is malformed")]
    public async Task Greeting_OfOtherBytes_IsRefusedAndTold(string bytes, string said)
    {
        using var listener = Listen(null);
        using var peer = new TcpClient();
        await peer.ConnectAsync(IPAddress.Loopback, listener.Port);

        await peer.GetStream().WriteAsync(System.Text.Encoding.Latin1.GetBytes(bytes.PadRight(72)));
        await Eventually.IsTrue(() => !_refusals.IsEmpty, "the refusal is told");

        Assert.That(_refusals.Single(), Does.Contain(said));
    }

    [Test]
    public async Task Greeting_ThatDoesNotCome_IsGivenUp()
    {
        using var listener = new LinkListener(
            new IPEndPoint(IPAddress.Loopback, 0), null, Limits with { Handshake = TimeSpan.FromMilliseconds(100) }, _refusals.Enqueue);
        using var peer = new TcpClient();
        await peer.ConnectAsync(IPAddress.Loopback, listener.Port);

        await Eventually.IsTrue(() => !_refusals.IsEmpty, "the refusal is told");

        Assert.That(_refusals.Single(), Does.EndWith("it did not greet within 0.1 s"));
        Assert.That(await peer.GetStream().ReadAsync(new byte[1]), Is.Zero);
    }

    [Test]
    public async Task Greetings_TooManyThatSayNothing_KeepNobodyOut()
    {
        using var listener = new LinkListener(new IPEndPoint(IPAddress.Loopback, 0), null, Limits with { PendingHandshakes = 2 }, _refusals.Enqueue);
        var peers = Enumerable.Range(0, 3).Select(_ => new TcpClient()).ToList();
        foreach (var peer in peers) await peer.ConnectAsync(IPAddress.Loopback, listener.Port);
        await Eventually.IsTrue(() => !_refusals.IsEmpty, "one is refused");
        Assert.That(_refusals.Single(), Does.EndWith("2 others came before it had greeted"));

        using var expected = listener.Expect(Hello, Secret, connection => connection.Dispose());
        using var connection = await Connect(listener, Hello, Secret, null);

        Assert.That(connection.Peer, Is.EqualTo("node-b"));
        foreach (var peer in peers) peer.Dispose();
    }

    [Test]
    public void Constructor_WithoutCertificatesElsewhere_Throws() =>
        Assert.That(
            () => new LinkListener(new IPEndPoint(IPAddress.Any, 0), null, Limits, _refusals.Enqueue),
            Throws.ArgumentException.With.Message.Contains("only a loopback address may do without"));

    [Test]
    public void Load_CertificateOfAnotherAuthority_SaysSo()
    {
        using var authority = new TestCertificates();
        using var other = new TestCertificates();
        var (mine, theirs) = (authority.Files("node-a"), other.Files("node-a"));

        Assert.That(
            () => ClusterCertificates.Load(mine.Authority, theirs.Certificate, theirs.Key),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("cannot be used with the authority"));
        Assert.That(
            () => ClusterCertificates.Load(mine.Authority, mine.Certificate, mine.Certificate),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("cannot be read"));
    }

    private static void Unwanted(LinkConnection connection) => Assert.Fail("The connection was taken.");

    private static async Task WithoutCertificate(int port)
    {
        using var peer = new TcpClient();
        await peer.ConnectAsync(IPAddress.Loopback, port);
        using var stream = new System.Net.Security.SslStream(peer.GetStream(), false, (_, _, _, _) => true);
        await stream.AuthenticateAsClientAsync("anybody"); // the server's refusal comes after what is the end of it for this side
        await stream.ReadExactlyAsync(new byte[1]);
    }

    private LinkListener Listen(ClusterCertificates? certificates) => new(new IPEndPoint(IPAddress.Loopback, 0), certificates, Limits, _refusals.Enqueue);

    private static Task<LinkConnection> Connect(LinkListener listener, LinkHello hello, byte[] secret, ClusterCertificates? certificates) =>
        LinkDialer.ConnectAsync("127.0.0.1", listener.Port, hello, secret, certificates, Limits, CancellationToken.None);
}
