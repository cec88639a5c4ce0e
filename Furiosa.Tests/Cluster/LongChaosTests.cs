using System.Diagnostics;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Cluster;

/// <summary>
/// Two minutes of chaos on one gateway and three device nodes of four PEs (tp 2, pp 2, dp 2: a replica over two nodes and one on the third),
/// with a report. On demand: <c>dotnet test --filter FullyQualifiedName~LongChaosTests</c>; FURIOSA_CHAOS_SECONDS makes it longer.
/// </summary>
[TestFixture, Explicit("two minutes and more, with a report")]
public sealed class LongChaosTests
{
    private const int Streams = 12;
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(int.TryParse(Environment.GetEnvironmentVariable("FURIOSA_CHAOS_SECONDS"), out var seconds) ? seconds : 120);

    [Test]
    public async Task Streams_TwoMinutesOfChaos_EveryByteIsTheSame()
    {
        using var directory = new TemporaryDirectory();
        var settings = Path.Combine(directory.Path, "chaos.conf");
        await File.WriteAllTextAsync(settings, "furiosa.cluster.capacity-wait = 3 min\n");
        await using var cluster = await TestCluster.StartAsync(3, 2, "-tp", "2", "-pp", "2", "-dp", "2", "--devices", "npu:0:0-3", "--config", settings);
        var http = cluster.Gateway.Http!;
        var undisturbed = new Dictionary<string, string>();
        foreach (var request in StreamMix.All) undisturbed[request.Name] = await StreamMix.RunAsync(http, request);

        var watch = Stopwatch.StartNew();
        var (done, wrong, longest) = (0, new List<string>(), TimeSpan.Zero);
        var workers = Enumerable.Range(0, Streams).Select(async worker =>
        {
            for (var i = worker; watch.Elapsed < Length; i++)
            {
                var request = StreamMix.All[i % StreamMix.All.Count];
                var begun = watch.Elapsed;
                var answer = await StreamMix.RunAsync(http, request);
                lock (wrong)
                {
                    done++;
                    if (watch.Elapsed - begun > longest) longest = watch.Elapsed - begun;
                    if (answer != undisturbed[request.Name]) wrong.Add(answer);
                }
            }
        }).ToList();
        var events = await DisturbAsync(cluster, watch);
        await Task.WhenAll(workers);

        await TestContext.Out.WriteLineAsync($"{done} streams in {watch.Elapsed.TotalSeconds:F0} s, {wrong.Count} not the same, the longest took {longest.TotalSeconds:F1} s\n{string.Join('\n', events)}");
        Assert.That(wrong, Is.Empty);
        await cluster.WaitForIdleAsync();
    }

    private static async Task<List<string>> DisturbAsync(TestCluster cluster, Stopwatch watch)
    {
        var random = new Random(1);
        var events = new List<string>();
        while (watch.Elapsed < Length - TimeSpan.FromSeconds(5))
        {
            await Task.Delay(TimeSpan.FromSeconds(4));
            var node = random.Next(cluster.Devices.Count);
            var what = random.Next(4);
            events.Add($"{watch.Elapsed.TotalSeconds,6:F1} s: d{node + 1} {(what switch { 0 => "killed", 1 => "stopped for 5 s", 2 => "ended by SIGTERM", _ => "drained for 3 s" })}");
            switch (what)
            {
                case 0:
                    cluster.Devices[node].Kill();
                    cluster.Devices[node] = await cluster.ReplaceAsync(cluster.Devices[node]);
                    break;
                case 1:
                    await cluster.Devices[node].SignalAsync("STOP");
                    await Task.Delay(TimeSpan.FromSeconds(5));
                    await cluster.Devices[node].SignalAsync("CONT");
                    break;
                case 2:
                    await cluster.Devices[node].SignalAsync("TERM");
                    cluster.Devices[node] = await cluster.ReplaceAsync(cluster.Devices[node]);
                    break;
                default:
                    await cluster.CommandAsync($"d{node + 1}", "drain");
                    await Task.Delay(TimeSpan.FromSeconds(3));
                    await cluster.CommandAsync($"d{node + 1}", "undrain");
                    break;
            }
        }
        return events;
    }
}
