using System.Text;
using Furiosa.Actors.Observation;
using Furiosa.Gateway.Observability.Metrics;
using Furiosa.Tests.Support;
using Prometheus;

namespace Furiosa.Tests.Gateway.Observability;

/// <summary>What metrics make of replicas that come, go and begin again.</summary>
internal sealed class RuntimeMetricsTests
{
    [Test]
    public async Task Collect_ReplicaThatHasLeft_ShowsNothingOfItAndKeepsItsCounts()
    {
        await using var runtime = new ScriptedRuntime((request, _, _) => ScriptedRuntime.Say("", request))
        {
            Picture = new RuntimePicture([Replica(0, recoveries: 1), Replica(1, recoveries: 3)], Resumes: 2),
        };
        var registry = Metrics.NewCustomRegistry();
        var metrics = new RuntimeMetrics(new Families(registry, "m"), () => runtime, () => 0);
        metrics.Collect();
        Assert.That(await ShownAsync(registry, "furiosa_llm_replica_state{model_name=\"m\",engine=\"1\",state=\"serving\"}"), Is.EqualTo("1"));

        // Made again elsewhere, its counts begin anew.
        runtime.Picture = new RuntimePicture([Replica(0, recoveries: 1)], Resumes: 0);
        metrics.Collect();
        Assert.That(await ShownAsync(registry, "furiosa_llm_replica_state{model_name=\"m\",engine=\"1\",state=\"serving\"}"), Is.EqualTo("0"));
        Assert.That(await ShownAsync(registry, "furiosa_llm_num_requests_running{model_name=\"m\",engine=\"1\"}"), Is.EqualTo("0"));
        Assert.That(await ShownAsync(registry, "furiosa_llm_num_requests_running{model_name=\"m\",engine=\"0\"}"), Is.EqualTo("5"));
        runtime.Picture = new RuntimePicture([Replica(0, recoveries: 1), Replica(1, recoveries: 2)], Resumes: 1);
        metrics.Collect();

        Assert.That(await ShownAsync(registry, "furiosa_llm_recoveries_total{model_name=\"m\",engine=\"1\"}"), Is.EqualTo("5"));
        Assert.That(await ShownAsync(registry, "furiosa_llm_resumed_requests_total{model_name=\"m\",engine=\"0\"}"), Is.EqualTo("3"));
    }

    [Test]
    public void Sample_ElementThatHasLeft_IsIdle()
    {
        var clock = new ManualClock();
        var utilization = new PeUtilization(clock);
        var place = new PePlace(0, 0, "n", "npu:0:0");
        StageWork Work(double seconds) => new(1, 1, TimeSpan.FromSeconds(seconds), default, default, default, default, default) { Node = "n", Pes = "npu:0:0", Ranks = "0" };
        utilization.Sample(new RuntimePicture([Replica(0) with { Parts = [Work(1)] }], 0));
        clock.Advance(TimeSpan.FromSeconds(1));
        utilization.Sample(new RuntimePicture([Replica(0) with { Parts = [Work(1.5)] }], 0));
        Assert.That(utilization.Of(place), Is.EqualTo(0.5).Within(0.01));
        clock.Advance(TimeSpan.FromSeconds(1));

        utilization.Sample(RuntimePicture.Empty);

        Assert.That(utilization.Of(place), Is.Zero);
    }

    private static ReplicaPicture Replica(int index, long recoveries = 0) =>
        new(index, "serving", null, 1, Running: 5, Waiting: 0, FreeBlocks: 1, CachedBlocks: 1, recoveries, ReplicaCounters.None, []);

    private static async Task<string?> ShownAsync(CollectorRegistry registry, string series)
    {
        using var stream = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(stream);
        return Encoding.UTF8.GetString(stream.ToArray()).Split('\n').FirstOrDefault(line => line.StartsWith(series, StringComparison.Ordinal))?.Split(' ')[^1];
    }
}
