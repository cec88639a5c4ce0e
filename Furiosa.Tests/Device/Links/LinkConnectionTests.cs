using System.Buffers.Binary;
using System.Net.Sockets;
using Furiosa.Device.Links;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Links;

[TestFixture]
internal sealed class LinkConnectionTests
{
    private const int MostBytes = 1 << 26;
    private static readonly LinkLimits Hasty = new() { Silence = TimeSpan.FromMilliseconds(200) };

    [TestCase(0, 0)]
    [TestCase(5, 3)]
    [TestCase(65_524, 0, Description = "a full piece with its header")]
    [TestCase(1_000_000, 4_000_000, Description = "more than the kernel buffers, both ways at once")]
    public async Task Send_BothWays_ArrivesInOrderAsItWas(int bytes, int values)
    {
        var (near, far) = LinkPair.Connections();
        using var a = new End(near);
        using var b = new End(far);
        var head = new byte[bytes];
        var tail = new float[values];
        new Random(1).NextBytes(head);
        for (var i = 0; i < values; i++) tail[i] = i * 0.37f;

        for (byte kind = 1; kind <= 3; kind++)
        {
            near.Send(new OutgoingFrame(kind, head, tail));
            far.Send(new OutgoingFrame(kind, head, tail));
        }

        byte[] expected = [.. head, .. System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(tail)];
        foreach (var end in (End[])[a, b])
        {
            await Eventually.IsTrue(() => end.Frames.Count == 3, "three frames are there");
            Assert.That(end.Frames.Select(frame => frame.Kind), Is.EqualTo(new byte[] { 1, 2, 3 }));
            foreach (var frame in end.Frames) Assert.That(frame.Payload.AsSpan().SequenceEqual(expected));
        }
        Assert.That(near.BytesSent, Is.GreaterThanOrEqualTo(3L * (expected.Length + 12)));
    }

    [Test]
    public async Task Idle_ForLongerThanTheSilence_StaysOpenByHeartbeats()
    {
        var (near, far) = LinkPair.Connections(new LinkLimits { Silence = TimeSpan.FromSeconds(8) });
        using var a = new End(near);
        using var b = new End(far);

        // Seven headers without payload each way: more than the silence in heartbeats.
        await Eventually.IsTrue(() => near.BytesSent >= 7 * 12 && far.BytesSent >= 7 * 12, "both sides beat");

        Assert.That(a.Fault ?? b.Fault, Is.Null);
    }

    [Test]
    public async Task Peer_SilentAndOpen_IsGoneAfterTheSilence()
    {
        var (near, far) = LinkPair.Sockets();
        using var peer = far;
        using var end = new End(LinkPair.Of(near, Hasty));

        await Eventually.IsTrue(() => end.Fault is not null, "the silence is noticed");

        Assert.That(end.Fault, Is.TypeOf<LinkLostException>().With.Property(nameof(LinkLostException.IsSilence)).True.And.Message.EqualTo("peer was silent for 0.2 s"));
    }

    [Test]
    public async Task Peer_TakesNothing_IsGoneAfterTheSilence()
    {
        var (near, far) = LinkPair.Sockets();
        using var peer = far;
        // It beats, so that only its not taking anything can show.
        using var beating = new Timer(_ => Beat(peer), null, 0, 20);
        using var connection = LinkPair.Of(near, Hasty);
        using var end = new End(connection);
        var sent = new SemaphoreSlim(0);
        connection.Send(new OutgoingFrame(1, new byte[50_000_000], Owner: new Released(sent)));

        await Eventually.IsTrue(() => end.Fault is not null, "the full buffers are noticed");

        Assert.That(end.Fault!.Message, Does.Contain("peer"));
        Assert.That(sent.Wait(Patience.Longest), "the frame is given up");
    }

    // The near end may have closed, or the test ended.
    private static void Beat(Socket peer)
    {
        try
        {
            peer.Send(Header(0, 0));
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Nobody listens any more.
        }
    }

    [Test]
    public async Task Peer_Closes_IsToldAtOnceAndOnce()
    {
        var (near, far) = LinkPair.Connections();
        using var end = new End(near);
        far.Dispose();

        await Eventually.IsTrue(() => end.Fault is not null, "the end is noticed");

        Assert.That(end.Fault!.Message, Does.StartWith("peer closed the connection").Or.StartsWith("peer is gone"));
        Assert.That(() => near.Send(new OutgoingFrame(1, default)), Throws.TypeOf<IOException>());
        near.Dispose();
        Assert.That(end.Faults, Is.EqualTo(1));
    }

    [TestCase("the bytes of another protocol, say HTTP", "which is not the beginning of a frame")]
    [TestCase("oversized", "announced a frame of 67108865 bytes; the most is 67108864")]
    [TestCase("negative", "announced a frame of 4294967295 bytes")]
    public async Task Peer_SendsWhatIsNoFrame_IsGone(string what, string said)
    {
        var (near, far) = LinkPair.Sockets();
        using var peer = far;
        using var end = new End(LinkPair.Of(near));

        peer.Send(what switch
        {
            "oversized" => Header(1, MostBytes + 1),
            "negative" => Header(1, -1),
            _ => System.Text.Encoding.ASCII.GetBytes(what),
        });
        await Eventually.IsTrue(() => end.Fault is not null, "it is noticed");

        Assert.That(end.Fault!.Message, Does.StartWith("peer ").And.Contain(said));
    }

    [Test]
    public async Task Received_Throws_EndsTheConnection()
    {
        var (near, far) = LinkPair.Connections();
        using var sender = new End(near);
        Exception? fault = null;
        far.Start(MostBytes, _ => throw new InvalidDataException("sent nonsense"), error => fault = error);
        near.Send(new OutgoingFrame(1, default));

        await Eventually.IsTrue(() => Volatile.Read(ref fault) is not null, "the connection ends");

        Assert.That(fault!.Message, Is.EqualTo("peer sent nonsense"));
        far.Dispose();
    }

    [Test]
    public async Task Send_BeyondTheQueue_EndsTheConnectionAndReleasesWhatWaits()
    {
        var (socket, far) = LinkPair.Sockets();
        using var peer = far;
        using var near = LinkPair.Of(socket);
        using var sent = new SemaphoreSlim(0);
        var count = 1;
        near.Send(new OutgoingFrame(1, new byte[50_000_000], Owner: new Released(sent))); // the peer takes none of it

        Assert.That(
            () =>
            {
                for (; count < 100; count++) near.Send(new OutgoingFrame(1, default, Owner: new Released(sent)));
            },
            Throws.TypeOf<IOException>().With.Message.Contains("64 frames wait"));
        await Eventually.IsTrue(() => sent.CurrentCount == count + 1, "all are given up");
        Assert.That(count, Is.InRange(64, 66));
    }

    [Test]
    public void Dispose_OftenAndUnderWay_LeavesNoThread()
    {
        for (var round = 0; round < 20; round++)
        {
            var (near, far) = LinkPair.Connections();
            var (a, b) = (new End(near), new End(far));
            near.Send(new OutgoingFrame(1, new byte[100_000]));
            a.Dispose(); // joins its threads: a leak would be a hang
            b.Dispose();
            Assert.That(a.Fault, Is.Null, "a connection that is disposed here has not failed");
        }
    }

    private static byte[] Header(byte kind, int length)
    {
        var header = new byte[12];
        "FUFL"u8.CopyTo(header);
        header[4] = kind;
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), length);
        return header;
    }

    private sealed class Released(SemaphoreSlim semaphore) : IDisposable
    {
        public void Dispose() => semaphore.Release();
    }

    private sealed class End : IDisposable
    {
        private readonly LinkConnection _connection;
        private Exception? _fault;
        private int _faults;

        public End(LinkConnection connection)
        {
            _connection = connection;
            connection.Start(MostBytes, frame =>
            {
                Frames.Enqueue((frame.Kind, frame.Payload.ToArray()));
                frame.Return();
            }, error =>
            {
                Interlocked.Increment(ref _faults);
                Volatile.Write(ref _fault, error);
            });
        }

        public System.Collections.Concurrent.ConcurrentQueue<(byte Kind, byte[] Payload)> Frames { get; } = new();

        public Exception? Fault => Volatile.Read(ref _fault);

        public int Faults => Volatile.Read(ref _faults);

        public void Dispose() => _connection.Dispose();
    }
}
