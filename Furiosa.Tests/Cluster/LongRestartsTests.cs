using System.Diagnostics;
using System.Globalization;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Cluster;

/// <summary>
/// Two gateways and two device nodes, of which one after the other is killed or ended and started again, a hundred times, under streams whose
/// clients go to another gateway when theirs ends. On demand: <c>dotnet test --filter FullyQualifiedName~LongRestartsTests</c>;
/// FURIOSA_RESTARTS and FURIOSA_CHAOS_SEED change it.
/// </summary>
[TestFixture, Explicit("ten minutes, with a report")]
public sealed class LongRestartsTests
{
    private const int Workers = 10;
    private static readonly int Restarts = TestSize.Of("FURIOSA_RESTARTS", 100);
    private static readonly int Seed = TestSize.Of("FURIOSA_CHAOS_SEED", 1);

    [Test]
    public async Task Streams_NodesAreRestartedAgainAndAgain_EveryByteIsTheSame()
    {
        using var directory = new TemporaryDirectory();
        var config = directory.Write("restarts.conf", "furiosa.shutdown.drain-timeout = 1 s\n");
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions(2, 2, "-tp", "2", "--config", config) { Gateways = 2 });
        var client = new ResumingClient(() => [.. cluster.Gateways.Select(gateway => gateway.Http!)]);
        var requests = StreamMix.All.Where(request => request.Body["use_beam_search"] is null).ToList();
        var undisturbed = new Dictionary<string, string>();
        foreach (var request in requests) undisturbed[request.Name] = await client.RunAsync(request);

        using var over = new CancellationTokenSource();
        var (done, wrong) = (0, new List<string>());
        var workers = Enumerable.Range(0, Workers).Select(worker => Task.Run(async () =>
        {
            for (var i = worker; !over.IsCancellationRequested; i++)
            {
                var request = requests[i % requests.Count];
                var answer = await client.RunAsync(request);
                lock (wrong)
                {
                    done++;
                    if (answer != undisturbed[request.Name]) wrong.Add($"{answer}\n  instead of\n{undisturbed[request.Name]}");
                }
            }
        })).ToList();
        var random = new Random(Seed);
        for (var i = 0; i < Restarts; i++)
        {
            var (nodes, at) = (random.Next(2) == 0 ? cluster.Gateways : cluster.Devices, random.Next(2));
            var signal = random.Next(2) == 0 ? "TERM" : "KILL";
            var seenBy = nodes == cluster.Gateways ? cluster.Gateways[1 - at] : cluster.Gateway;
            var watch = Stopwatch.StartNew();
            await nodes[at].SignalAsync(signal);
            nodes[at] = await cluster.ReplaceAsync(nodes[at]);
            var started = watch.Elapsed;
            await cluster.WaitForReplicasAsync(2, seenBy);
            await cluster.WaitForReplicasAsync(2, nodes == cluster.Gateways ? nodes[at] : null);
            await TestContext.Progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"{i}: {(nodes == cluster.Gateways ? "g" : "d")}{at + 1} {signal}, back after {started.TotalSeconds:F1} s, all serves after {watch.Elapsed.TotalSeconds:F1} s; {done} streams, {wrong.Count} not the same"));
        }
        await over.CancelAsync();
        await Task.WhenAll(workers);

        await TestContext.Out.WriteLineAsync($"{done} streams, {client.Resumed} times taken up at another gateway");
        Assert.That(wrong, Is.Empty);
        await cluster.WaitForIdleAsync();
    }
}
