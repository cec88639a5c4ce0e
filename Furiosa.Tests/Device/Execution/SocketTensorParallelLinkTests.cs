using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Execution;

[TestFixture]
public sealed class SocketTensorParallelLinkTests
{
    [TestCase(1)]
    [TestCase(3_000_000, Description = "more than the kernel buffers: both sides send before either has read all")]
    public void AllGather_BetweenTwoProcesses_FillsInTheOtherRanks(int count)
    {
        var (near, far) = LinkPair.Sockets();
        using var first = TensorParallelPeer.Link([0, 1], near, [2, 3]);
        using var second = TensorParallelPeer.Link([2, 3], far, [0, 1]);
        var counts = new[] { count, count, 0, count };
        var a = Values(count, 0, 1);
        var b = Values(count, 2, 3);

        for (var round = 0; round < 3; round++)
        {
            Array.Clear(a[3]);
            Array.Clear(b[0]);
            var peer = Task.Run(() => second.AllGather(b, counts));
            first.AllGather(a, counts);
            peer.GetAwaiter().GetResult();

            Assert.That(a[3], Is.EqualTo(b[3]));
            Assert.That(b[0], Is.EqualTo(a[0]));
            Assert.That(b[1], Is.EqualTo(a[1]));
        }
    }

    [Test]
    public void AllGather_AgainAndAgain_AllocatesNothing()
    {
        const int Rounds = 200;
        var (near, far) = LinkPair.Sockets();
        using var first = TensorParallelPeer.Link([0], near, [1]);
        using var second = TensorParallelPeer.Link([1], far, [0]);
        var (a, b, counts) = (Values(64, 0), Values(64, 1), new[] { 64, 64 });
        var peer = Task.Run(() =>
        {
            for (var round = 0; round <= Rounds; round++) second.AllGather(b, counts);
        });
        first.AllGather(a, counts);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var round = 0; round < Rounds; round++) first.AllGather(a, counts);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(Rounds * 40));
        peer.GetAwaiter().GetResult();
    }

    [Test]
    public void AllGather_AfterDispose_ThrowsRatherThanWaits()
    {
        var (near, far) = LinkPair.Sockets();
        using var peer = far;
        var link = TensorParallelPeer.Link([0], near, [1]);
        link.Dispose();
        link.Dispose();

        Assert.That(() => link.AllGather(Values(4, 0), [4, 4]), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void AllGather_PeerGone_Throws()
    {
        var (near, far) = LinkPair.Sockets();
        using var link = TensorParallelPeer.Link([0], near, [1]);
        far.Dispose();

        Assert.That(() => link.AllGather(Values(4, 0), [4, 4]), Throws.InstanceOf<IOException>());
    }

    [Test]
    public void AllGather_PeerSendsAnotherCount_ThrowsAndSaysBoth()
    {
        var (near, far) = LinkPair.Sockets();
        using var first = TensorParallelPeer.Link([0], near, [1]);
        using var second = TensorParallelPeer.Link([1], far, [0]);
        var peer = Task.Run(() => second.AllGather(Values(8, 1), [4, 8]));

        Assert.That(() => first.AllGather(Values(4, 0), [4, 4]),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("8 values").And.Message.Contains("4 values"));
        first.Dispose();
        peer.ContinueWith(_ => { }, TaskScheduler.Default).Wait();
    }

    private static float[][] Values(int count, params int[] local)
    {
        var values = new float[4][];
        for (var rank = 0; rank < 4; rank++)
        {
            values[rank] = new float[count];
            if (!local.Contains(rank)) continue;
            for (var i = 0; i < count; i++) values[rank][i] = rank * 1000 + i % 997;
        }
        return values;
    }
}
