using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Furiosa.Device.Execution;
using Furiosa.Tests.Device.Models;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Execution;

/// <summary>A tensor-parallel group whose PEs are spread over hosts gives the bytes of a group in one place.</summary>
[TestFixture]
internal sealed class SpanningGroupTests
{
    private static string Expected(string model)
    {
        using var runner = ReplicaRunner.Open(model);
        return TensorParallelPeer.Digest(runner);
    }

    private static void AssertInterleaved(string model)
    {
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = model });
        var meeting = new MemoryLink.Meeting(8, 2);
        using var first = new ReplicaRunner(host, 8, [0, 3, 4, 7], new MemoryLink(meeting, [0, 3, 4, 7]));
        using var second = new ReplicaRunner(host, 8, [1, 2, 5, 6], new MemoryLink(meeting, [1, 2, 5, 6]));

        var other = Task.Run(() => TensorParallelPeer.Digest(second));

        Assert.That(TensorParallelPeer.Digest(first), Is.EqualTo(Expected(model)));
        Assert.That(other.GetAwaiter().GetResult(), Is.EqualTo(Expected(model)));
    }

    [Test]
    public void Digest_TwoPartsOfOneProcess_IsTheSame([Values("llama-bias-linear-rope", "qwen3")] string name, [Values(2, 4, 8)] int size, [Values] bool besideAWhole)
    {
        string model = Fixtures.Model(name);
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = model });

        // Beside a replica that is here as a whole the parts' weights are slices of its own.
        using var whole = besideAWhole ? new ReplicaRunner(host, size) : null;
        var meeting = new MemoryLink.Meeting(size, 2);
        int[] low = [.. Enumerable.Range(0, size / 2)], high = [.. Enumerable.Range(size / 2, size / 2)];
        using var first = new ReplicaRunner(host, size, low, new MemoryLink(meeting, low));
        using var second = new ReplicaRunner(host, size, high, new MemoryLink(meeting, high));

        // Both parts share one compute team: a part that waits for the other must not hold it.
        var other = Task.Run(() => TensorParallelPeer.Digest(second));
        string digest = TensorParallelPeer.Digest(first);

        Assert.That(digest, Is.EqualTo(Expected(model)));
        Assert.That(other.GetAwaiter().GetResult(), Is.EqualTo(digest));
    }

    [TestCase("olmo2")]
    [TestCase("gpt-oss")]
    public void Digest_NormsOverAllHeadsAndExperts_AreTheSame(string name) => AssertInterleaved(TestPaths.RequireShared("conformance", "models", name));

    [Test]
    public void Digest_InterleavedRanks_IsTheSame() => AssertInterleaved(Fixtures.Model("qwen3"));

    [Test]
    public void Digest_TwoProcesses_IsTheSame([Values("furiosa-demo", "qwen3")] string name)
    {
        string model = name == "furiosa-demo" ? TestPaths.DemoModel : Fixtures.Model(name);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        var start = new ProcessStartInfo("dotnet", [typeof(PeerProgram).Assembly.Location, TensorParallelPeer.Mode, $"{port}", model])
        {
            RedirectStandardOutput = true,
        };
        using var peer = Process.Start(start)!;
        try
        {
            using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = model });
            Assert.That(listener.Poll(TimeSpan.FromSeconds(60), SelectMode.SelectRead), "the other process did not connect");
            var link = TensorParallelPeer.Link([0, 1], listener.Accept(), [2, 3]);
            using var runner = new ReplicaRunner(host, 4, [0, 1], link);
            string digest = TensorParallelPeer.Digest(runner);

            Assert.That(digest, Is.EqualTo(Expected(model)));
            Assert.That(peer.StandardOutput.ReadToEnd().Trim(), Is.EqualTo(digest));
            peer.WaitForExit();
            Assert.That(peer.ExitCode, Is.Zero);
        }
        finally
        {
            if (!peer.HasExited) peer.Kill();
        }
    }

    [Test]
    public void Execute_PeerGone_FaultsTheStepOnEveryMember()
    {
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = Fixtures.Model("qwen3") });
        var meeting = new MemoryLink.Meeting(4, 2);
        using var runner = new ReplicaRunner(host, 4, [0, 1], new MemoryLink(meeting, [0, 1]));
        meeting.Close();

        Assert.That(() => runner.Prefill([5, 6, 7]), Throws.InvalidOperationException.With.Message.Contains("A peer is gone"));
    }
}
