using System.Diagnostics;
using System.Globalization;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Cluster;

/// <summary>Prints how long streams pause for each failure of one of two device nodes. Figures for docs/operations.md, not checks of speed.</summary>
[TestFixture, Explicit("A measurement")]
public sealed class RecoveryMeasurements
{
    private static readonly int Rounds = TestSize.Of("FURIOSA_RECOVERY_ROUNDS", 5);
    private const int Streams = 4;

    private static readonly JObject Body = JObject.Parse("""{"prompt": "Once upon a time", "temperature": 1, "seed": 1, "max_tokens": 400, "ignore_eos": true}""");

    [TestCase("nothing")]
    [TestCase("kill -9")]
    [TestCase("SIGSTOP")]
    [TestCase("drain")]
    [TestCase("cut off from the gateway")]
    public async Task Pause_OfStreams_Takes(string what)
    {
        using var network = NodeNetwork.MakeOrIgnore();
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions(2, 2, "-tp", "2") { Network = network });
        await RunAsync(cluster, () => Task.CompletedTask);
        var (pauses, returns) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            var device = round % 2;
            pauses.Add(await RunAsync(cluster, () => DisturbAsync(cluster, network, device, what)));
            var watch = Stopwatch.StartNew();
            await MendAsync(cluster, network, device, what);
            await WaitUntilBothServeAsync(cluster);
            returns.Add(watch.Elapsed.TotalSeconds);
        }
        await TestContext.Out.WriteLineAsync($"{what}: longest pause {Show(pauses)} ({string.Join(' ', pauses.Select(pause => pause.ToString("F2", CultureInfo.InvariantCulture)))}); two replicas again after {Show(returns)}");
    }

    private static async Task DisturbAsync(TestCluster cluster, NodeNetwork network, int device, string what)
    {
        if (what == "kill -9") cluster.Devices[device].Kill();
        else if (what == "SIGSTOP") await cluster.Devices[device].SignalAsync("STOP");
        else if (what == "drain") await cluster.CommandAsync($"d{device + 1}", "drain");
        else if (what != "nothing") network.Cut([0], device + 1);
    }

    private static async Task MendAsync(TestCluster cluster, NodeNetwork network, int device, string what)
    {
        if (what == "kill -9") cluster.Devices[device] = await cluster.ReplaceAsync(cluster.Devices[device]);
        else if (what == "SIGSTOP") await cluster.Devices[device].SignalAsync("CONT");
        else if (what == "drain") await cluster.CommandAsync($"d{device + 1}", "undrain");
        else network.Heal();
    }

    /// <summary>A replica that says that it serves may be out of the gateway's reach: what counts is what the gateway can use.</summary>
    private static async Task WaitUntilBothServeAsync(TestCluster cluster)
    {
        using var admin = TestCluster.AdminOf(cluster.Gateway);
        await Eventually.IsTrueAsync(
            async () => (await admin.GetJsonAsync("/admin/api/state"))["replicas"]!.Count(replica => (string?)replica["state"] == "serving") == 2, "both replicas serve again");
    }

    /// <summary>Runs streams, disturbs when all have begun, and gives the longest pause of any of them, in seconds.</summary>
    private static async Task<double> RunAsync(TestCluster cluster, Func<Task> disturb)
    {
        using var begun = new CountdownEvent(Streams);
        var streams = Enumerable.Range(0, Streams).Select(i => Task.Run(async () =>
        {
            using var stream = await cluster.Gateway.Http!.OpenStreamAsync("/v1/completions", new JObject(Body) { ["seed"] = i });
            var (frames, last, longest) = (0, Stopwatch.GetTimestamp(), TimeSpan.Zero);
            while (await stream.NextAsync() is not null)
            {
                var pause = Stopwatch.GetElapsedTime(last);
                last = Stopwatch.GetTimestamp();
                if (frames > 0 && pause > longest) longest = pause;
                if (++frames == 40) begun.Signal();
            }
            return longest;
        })).ToList();
        await Task.Run(() => begun.Wait(TimeSpan.FromSeconds(60)));
        await disturb();
        return (await Task.WhenAll(streams)).Max().TotalSeconds;
    }

    private static string Show(List<double> seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds.Order().ElementAt(Rounds / 2):F2} s ({seconds.Min():F2} to {seconds.Max():F2})");
}
