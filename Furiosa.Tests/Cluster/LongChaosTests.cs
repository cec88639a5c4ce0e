using System.Diagnostics;
using System.Globalization;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Cluster;

/// <summary>
/// Two minutes of chaos on one gateway and three device nodes of four PEs (tp 2, pp 2, dp 2: a replica over two nodes and one on the third), each
/// node in a network namespace, under a hundred streams, with a report. On demand, as root:
/// <c>dotnet test --filter FullyQualifiedName~LongChaosTests</c>; FURIOSA_CHAOS_SECONDS makes it longer, FURIOSA_CHAOS_STREAMS and
/// FURIOSA_CHAOS_SEED change it.
/// </summary>
[TestFixture, Explicit("two minutes and more, with a report")]
public sealed class LongChaosTests
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(TestSize.Of("FURIOSA_CHAOS_SECONDS", 120));
    private static readonly int Streams = TestSize.Of("FURIOSA_CHAOS_STREAMS", 100);
    private static readonly int Seed = TestSize.Of("FURIOSA_CHAOS_SEED", 1);

    // Longer than Akka gives an unreachable node, so that some of those that were cut off are removed and come back as new ones.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(8);

    [Test]
    public async Task Streams_TwoMinutesOfChaos_EveryByteIsTheSame()
    {
        using var network = NodeNetwork.MakeOrIgnore();
        using var directory = new TemporaryDirectory();
        var settings = directory.Write("chaos.conf", "furiosa.cluster.capacity-wait = 10 min\n");
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions(3, 2, "-tp", "2", "-pp", "2", "-dp", "2", "--devices", "npu:0:0-3", "--config", settings) { Network = network });
        var http = cluster.Gateway.Http!;
        var undisturbed = new Dictionary<string, string>();
        foreach (var request in StreamMix.All) undisturbed[request.Name] = await StreamMix.RunAsync(http, request);
        var before = FilesOf(cluster.Gateway);

        // Its connections close with it, so that what the gateway has left open is its own.
        var clients = new HttpClient { BaseAddress = http.BaseAddress, Timeout = Timeout.InfiniteTimeSpan };
        var watch = Stopwatch.StartNew();
        var (done, wrong, longest) = (0, new List<string>(), TimeSpan.Zero);
        var workers = Enumerable.Range(0, Streams).Select(async worker =>
        {
            for (var i = worker; watch.Elapsed < Length; i++)
            {
                var request = StreamMix.All[i % StreamMix.All.Count];
                var begun = watch.Elapsed;
                string answer;
                try
                {
                    answer = await StreamMix.RunAsync(clients, request);
                }
                catch (Exception error)
                {
                    answer = $"{request.Name}: {error}";
                }
                lock (wrong)
                {
                    done++;
                    if (watch.Elapsed - begun > longest) longest = watch.Elapsed - begun;
                    if (answer != undisturbed[request.Name]) wrong.Add($"{watch.Elapsed.TotalSeconds:F1} s: {answer}\n  instead of\n{undisturbed[request.Name]}");
                }
            }
        }).ToList();
        var events = await DisturbAsync(cluster, network, watch);
        await Task.WhenAll(workers);
        clients.Dispose();

        var report = string.Create(CultureInfo.InvariantCulture,
            $"{done} streams, {Streams} at a time, in {watch.Elapsed.TotalSeconds:F0} s, {wrong.Count} not the same, the longest took {longest.TotalSeconds:F1} s\n{string.Join('\n', events)}\n");
        await TestContext.Out.WriteLineAsync(report);
        if (wrong.Count > 0) await TestContext.Out.WriteLineAsync(string.Join('\n', cluster.Gateways.Concat(cluster.Devices).Select(node => node.Output)));
        Assert.That(wrong, Is.Empty);

        // Nothing is left of any of it: no request, no block, no node or replica that is not there.
        await cluster.WaitForIdleAsync();
        await cluster.WaitForAsync(state => state["nodes"]!.Count() == 4 && state["nodes"]!.All(node => (string?)node["state"] == "up"), "four nodes are up");
        await cluster.WaitForReplicasAsync(2);
        await WaitForNothingInUseAsync(cluster);
        await Eventually.IsTrue(() => FilesOf(cluster.Gateway) < before + Streams / 2, "no connection is left open");
        await TestContext.Out.WriteLineAsync($"{before} files were open at the gateway before, {FilesOf(cluster.Gateway)} are after");
        foreach (var request in StreamMix.All) Assert.That(await StreamMix.RunAsync(http, request), Is.EqualTo(undisturbed[request.Name]));
    }

    private static async Task<List<string>> DisturbAsync(TestCluster cluster, NodeNetwork network, Stopwatch watch)
    {
        var random = new Random(Seed);
        var events = new List<string>();
        while (watch.Elapsed < Length - TimeSpan.FromSeconds(5))
        {
            await Task.Delay(TimeSpan.FromSeconds(3));
            // Disturbing who is away already would disturb nobody.
            var present = await cluster.PresentAsync();
            if (present.Count == 0) continue;
            var device = present[random.Next(present.Count)];
            var what = random.Next(7);
            var others = Enumerable.Range(0, 4).Where(place => place != device + 1).ToArray();
            Note(Describe(device, what));
            switch (what)
            {
                case 0:
                    cluster.Devices[device].Kill();
                    cluster.Devices[device] = await cluster.ReplaceAsync(cluster.Devices[device]);
                    break;
                case 1:
                    await cluster.Devices[device].SignalAsync("STOP");
                    await Task.Delay(Pause);
                    await cluster.Devices[device].SignalAsync("CONT");
                    break;
                case 2 or 3 or 4:
                    network.Cut([device + 1], what switch { 2 => [0], 3 => [1 + ((device + 1) % 3)], _ => others });
                    await Task.Delay(Pause);
                    network.Heal();
                    break;
                case 5:
                    await cluster.Devices[device].SignalAsync("TERM");
                    cluster.Devices[device] = await cluster.ReplaceAsync(cluster.Devices[device]);
                    break;
                default:
                    if (!await cluster.CommandAsync($"d{device + 1}", "drain")) Note("which has gone just now");
                    await Task.Delay(Pause);
                    await cluster.CommandAsync($"d{device + 1}", "undrain");
                    break;
            }
            Note($"d{device + 1} is let be");
        }
        return events;

        void Note(string what) => events.Add(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds,6:F1} s: {what}"));
    }

    private static string Describe(int device, int what) => what switch
    {
        0 => $"d{device + 1} is killed",
        1 => $"d{device + 1} is stopped",
        2 => $"d{device + 1} is cut off from the gateway",
        3 => $"d{device + 1} is cut off from d{1 + ((device + 1) % 3)}",
        4 => $"d{device + 1} is cut off from all",
        5 => $"d{device + 1} is ended by SIGTERM",
        _ => $"d{device + 1} drains",
    };

    private static Task WaitForNothingInUseAsync(TestCluster cluster) => Eventually.IsTrueAsync(
        async () =>
        {
            using var admin = TestCluster.AdminOf(cluster.Gateway);
            var replicas = JObject.Parse(await admin.GetStringAsync("/admin/api/state"))["replicas"]!;
            return replicas.Count() == 2 && replicas.All(replica => (int)replica["running"]! == 0 && (int)replica["waiting"]! == 0 && (int)replica["kv"]!["used"]! == 0);
        }, "no block is in use");

    private static int FilesOf(NodeProcess node) => Directory.GetFileSystemEntries($"/proc/{node.ProcessId}/fd").Length;
}
