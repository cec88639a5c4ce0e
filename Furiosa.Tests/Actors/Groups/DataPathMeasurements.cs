using System.Diagnostics;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Benchmarks;
using Furiosa.Device.Execution;
using Furiosa.Device.Links;
using Furiosa.Tests.Actors.Scheduling;
using Furiosa.Tests.Device.Execution;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Actors.Groups;

/// <summary>Prints what the data path costs. Figures for docs/benchmarks.md, not checks of speed.</summary>
[Explicit("A measurement")]
internal sealed class DataPathMeasurements
{
    [TestCase("demo", 64)]
    [TestCase("1b", 12)]
    public async Task Pipeline_OfTwoNodes_IsBusyOnBoth(string shape, int tokens)
    {
        using var model = SyntheticModel.Write(shape);
        await RunInOneProcess(model.Path, 1, tokens);
        await RunInOneProcess(model.Path, 2, tokens);
        foreach (var (stages, secured) in ((string, bool)[])[("A B", false), ("A B", true), ("AB", true)])
        {
            using var authority = new TestCertificates();
            var port = 0;
            using var wire = new TcpProxy(() => port);
            var hosts = new List<TimedHost>();
            await using var replica = await SpreadReplica.StartAsync(stages, new SpreadOptions(() =>
            {
                hosts.Add(new TimedHost(Open(model.Path, 1)));
                return hosts[^1];
            })
            {
                MaxRows = 512, Certificates = secured ? node => authority.Issue(node) : null,
                AdvertisedPort = node => node == 'B' ? wire.Port : null, Listening = (node, at) => port = node == 'B' ? at : port,
            });
            await Run(replica.Runtime, 4, tokens);
            foreach (var requests in (int[])[1, 4, 16])
            {
                var bytes = wire.Bytes;
                foreach (var host in hosts) host.Reset();
                var clock = Stopwatch.StartNew();
                await Run(replica.Runtime, requests, tokens);
                var seconds = clock.Elapsed.TotalSeconds;
                // Hosts are opened for the other nodes first.
                var busy = string.Join(", ", hosts.AsEnumerable().Reverse().Select(host => $"{host.Busy.TotalSeconds / seconds:P0}"));
                TestContext.Out.WriteLine(
                    $"{stages}{(secured ? ", TLS" : "")}, {requests} requests: {requests * tokens / seconds:F1} tokens/s, stages busy {busy}, {(wire.Bytes - bytes) / (requests * (tokens + 32.0)):F0} bytes a token");
            }
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Hop_OfOneRow_Takes(bool secured)
    {
        using var authority = new TestCertificates();
        var hello = new LinkHello("replica-0", 1, 0, "a", "b");
        using var listener = new LinkListener(new(System.Net.IPAddress.Loopback, 0), secured ? authority.Issue("b") : null, new LinkLimits(), Assert.Fail);
        foreach (var values in (int[])[768, 4096, 512 * 4096])
        {
            var accepted = new TaskCompletionSource<LinkConnection>();
            using var expected = listener.Expect(hello, new byte[32], accepted.SetResult);
            using var near = await LinkDialer.ConnectAsync("127.0.0.1", listener.Port, hello, new byte[32], secured ? authority.Issue("a") : null, new LinkLimits(), default);
            using var far = await accepted.Task;
            var row = new float[values];
            var rounds = values > 100_000 ? 50 : 5000;
            using var done = new SemaphoreSlim(0);
            var left = rounds;
            far.Start(1 << 26, frame => Answer(far, frame, row), _ => { });
            near.Start(1 << 26, frame =>
            {
                if (--left == 0) done.Release();
                else Answer(near, frame, row);
            }, _ => { });
            var clock = Stopwatch.StartNew();
            near.Send(new OutgoingFrame(1, new byte[100], row));
            await done.WaitAsync();
            TestContext.Out.WriteLine($"{values * 4} bytes{(secured ? ", TLS" : "")}: {clock.Elapsed.TotalMicroseconds / rounds / 2:F1} us a hop");
        }
    }

    [Test]
    public void Gather_OfOneRow_Takes()
    {
        var (near, far) = LinkPair.Sockets();
        using var first = TensorParallelPeer.Link([0], near, [1]);
        using var second = TensorParallelPeer.Link([1], far, [0]);
        float[][] a = [new float[4096], new float[4096]], b = [new float[4096], new float[4096]];
        const int Rounds = 5000;
        var peer = Task.Run(() =>
        {
            for (var i = 0; i < Rounds; i++) second.AllGather(b, [4096, 4096]);
        });
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < Rounds; i++) first.AllGather(a, [4096, 4096]);
        peer.Wait();
        TestContext.Out.WriteLine($"16384 bytes each way: {clock.Elapsed.TotalMicroseconds / Rounds:F1} us a gather");
    }

    [Test]
    public void Memory_OfOneStage_IsThatOfItsShards()
    {
        using var model = SyntheticModel.Write("1b");
        foreach (var (name, stage, stages, ranks) in ((string, int, int, int[])[])[
            ("the whole model", 0, 1, [0, 1]), ("stage 0 of 2", 0, 2, [0, 1]), ("stage 1 of 2", 1, 2, [0, 1]), ("one of two ranks of stage 0 of 2", 0, 2, [0]),
        ])
        {
            var before = Resident();
            using var host = Open(model.Path, 2);
            using var group = host.CreateStage(
                new StagePlacement(0, stage, stages, [new(0, 0), new(0, 1)], ranks, ranks.Length == 2 ? null : new MemoryLink(new MemoryLink.Meeting(2, 2), ranks)), new(64));
            TestContext.Out.WriteLine($"{name}: {Resident() - before} MB of its own, {group.Pes.Sum(pe => pe.Footprint.WeightBytes) >> 20} MB of packed weights");
        }
    }

    /// <summary>Megabytes of the process that are no file's.</summary>
    private static long Resident() =>
        long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal))[8..].Replace("kB", "").Trim()) / 1024;

    private static void Answer(LinkConnection connection, IncomingFrame frame, float[] row)
    {
        frame.Return();
        connection.Send(new OutgoingFrame(1, new byte[100], row));
    }

    private static async Task RunInOneProcess(string model, int threads, int tokens)
    {
        await using var runtime = await FuriosaRuntime.StartAsync(new RuntimeOptions
        {
            ModelDirectory = model, TensorParallel = 1, MaxModelLen = 512, KvCacheBytes = 256 << 20, ComputeThreads = threads,
        });
        await Run(runtime, 4, tokens);
        foreach (var requests in (int[])[1, 4, 16])
        {
            var clock = Stopwatch.StartNew();
            await Run(runtime, requests, tokens);
            TestContext.Out.WriteLine($"one process, {threads} threads, {requests} requests: {requests * tokens / clock.Elapsed.TotalSeconds:F1} tokens/s");
        }
    }

    private static async Task Run(IFuriosaRuntime runtime, int requests, int tokens)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, requests).Select(i => runtime.RunAsync(Requests.Of($"r{i}", Requests.Prompt(32, i), tokens))));
        Assert.That(answers.Select(answer => answer[^1]), Is.All.TypeOf<GenerationCompleted>());
    }

    private static ModelHost Open(string model, int threads) => ModelHost.Open(new ModelHostOptions { ModelDirectory = model, ComputeThreads = threads });
}
