using System.Net.Http.Json;
using Furiosa.Tests.EndToEnd;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Cluster;

/// <summary>One replica over two device processes gives what a process by itself gives, also when one of them dies and comes back.</summary>
[TestFixture]
public sealed class SpreadClusterTests
{
    private Dictionary<string, string> _streams = null!;
    private List<string> _answers = null!;

    [OneTimeSetUp]
    public async Task AskOneProcessAsync()
    {
        var http = (await ServedByDefault.GetAsync()).Http;
        _answers = [.. await Task.WhenAll(SameAnswerRequests.All.Select(request => SameAnswerRequests.AskAsync(http, request)))];
        _streams = [];
        foreach (var request in StreamMix.All) _streams[request.Name] = await StreamMix.RunAsync(http, request);
    }

    /// <summary>A stage on each node, connections secured; one node is killed under streams, then the other.</summary>
    [Test]
    public async Task Replica_StagesOnTwoNodes_EqualsOneProcessAndOutlivesEachOfThem()
    {
        await using var receiver = await TraceReceiver.StartAsync();
        using var authority = new TestCertificates();
        using var directory = new TemporaryDirectory();
        var (ca, certificate, key) = authority.Files("127.0.0.1");
        var config = directory.Write("cluster.conf", $$"""
            furiosa.cluster.tls { ca = "{{ca}}", certificate = "{{certificate}}", key = "{{key}}" }
            furiosa.tracing { endpoint = "{{receiver.Address}}", sample-ratio = 0 }
            """);
        // Two elements each: no node could hold the replica alone, whichever comes first.
        await using var cluster = await TestCluster.StartAsync(devices: 2, replicas: 1, "--config", config, "-tp", "2", "-pp", "2", "-dp", "1", "--devices", "npu:0:0-1");
        Assert.That(cluster.Devices[0].Output + cluster.Devices[1].Output, Does.Contain("stage 0 on d1/npu:0:0-1, stage 1 on d2/npu:0:0-1"));
        await ExpectAnswersAsync(cluster);
        await ExpectSpansAsync(cluster, receiver);

        await ExpectStreamsAsync(cluster, dying: 1);
        Assert.That((await MetricsText.ReadAsync(cluster.Gateway.Http!)).Sum("furiosa_llm_resumed_requests_total"), Is.Positive);
        await ExpectStreamsAsync(cluster, dying: 0);
        await ExpectAnswersAsync(cluster);
    }

    /// <summary>Two nodes of one processing element each: one tensor-parallel group over both, of which one dies under streams.</summary>
    [Test]
    public async Task Replica_GroupOverTwoNodes_EqualsOneProcessAndOutlivesOneOfThem()
    {
        await using var cluster = await TestCluster.StartAsync(devices: 2, replicas: 1, "-tp", "2", "-dp", "1", "--devices", "npu:0:0");

        Assert.That(cluster.Devices[0].Output + cluster.Devices[1].Output, Does.Contain("stage 0 on d1/npu:0:0 and d2/npu:0:0"));
        await ExpectAnswersAsync(cluster);
        await ExpectFiguresAsync(cluster);
        await ExpectStreamsAsync(cluster, dying: 1);
    }

    /// <summary>What is traced at all is traced on every node, under the one trace.</summary>
    private static async Task ExpectSpansAsync(TestCluster cluster, TraceReceiver receiver)
    {
        const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        using var call = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = JsonContent.Create(new { prompt = "Once upon a time", max_tokens = 4, ignore_eos = true }) };
        call.Headers.Add("traceparent", $"00-{Trace}-00f067aa0ba902b7-01");
        using var answer = await cluster.Gateway.Http!.SendAsync(call);

        // Each node sends what it has every five seconds.
        List<ReceivedSpan> Below(string replica) => [.. receiver.Spans.Where(span => span.ParentId == replica)];
        await Wait.UntilAsync(() => receiver.Spans.FirstOrDefault(span => span.Name == "replica 0") is { } replica && Below(replica.SpanId) is var below
            && new[] { "queue", "prefill", "decode", "stage 0", "stage 1" }.All(name => below.Any(span => span.Name == name)));
        Assert.That(receiver.Spans.Select(span => span.TraceId), Has.All.EqualTo(Trace));
        Assert.That(receiver.Spans.Count(span => span.Name == "pe npu:0:0"), Is.GreaterThanOrEqualTo(2));
    }

    /// <summary>Both nodes report the stage: it is counted once, and each element by its node, though their numbers are the same.</summary>
    private static async Task ExpectFiguresAsync(TestCluster cluster)
    {
        MetricsText metrics;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        do
        {
            await Task.Delay(100, patience.Token);
            metrics = await MetricsText.ReadAsync(cluster.Gateway.Http!);
        }
        while (metrics.Sum("furiosa_llm_steps_total") != metrics.Sum("vllm:iteration_tokens_total_count"));
        Assert.That(metrics.Sum("furiosa_llm_step_tokens_total"), Is.EqualTo(metrics.Sum("vllm:iteration_tokens_total_sum")).Within(1e-6));
        foreach (var node in new[] { "node=\"d1\"", "node=\"d2\"" })
        {
            Assert.That(metrics.Sum("furiosa_llm_pe_busy_seconds_total", "pe=\"npu:0:0\"", node), Is.Positive);
            Assert.That(metrics.Sum("furiosa_llm_kv_cache_total_bytes", "device_index=\"0\"", node), Is.Positive);
            Assert.That(metrics.Sum("furiosa_llm_weight_bytes", node), Is.Positive);
        }
        // Of the node that is not home to the replica, too.
        foreach (var device in cluster.Devices)
        {
            using var admin = TestCluster.AdminOf(device);
            var picture = await admin.GetJsonAsync("/admin/api/state");
            Assert.That((double?)picture.SelectToken("nodes[?(@.self == true)].npus[0].pes[0].utilization"), Is.Positive, picture.ToString());
        }
    }

    private async Task ExpectAnswersAsync(TestCluster cluster) =>
        Assert.That(await Task.WhenAll(SameAnswerRequests.All.Select(request => SameAnswerRequests.AskAsync(cluster.Gateway.Http!, request))), Is.EqualTo(_answers));

    /// <summary>Streams of every kind; when they have begun, one device process dies, which is started again while they wait.</summary>
    private async Task ExpectStreamsAsync(TestCluster cluster, int dying)
    {
        var begun = StreamMix.All.Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToList();
        var streams = StreamMix.All.Select((request, i) => StreamMix.RunAsync(cluster.Gateway.Http!, request, () => begun[i].TrySetResult())).ToList();
        await Task.WhenAll(begun.Select(one => one.Task)).WaitAsync(TimeSpan.FromSeconds(100));
        cluster.Devices[dying].Kill();
        cluster.Devices[dying] = await cluster.ReplaceAsync(cluster.Devices[dying]);

        var answers = await Task.WhenAll(streams).WaitAsync(TimeSpan.FromSeconds(150));
        for (var i = 0; i < answers.Length; i++) Assert.That(answers[i], Is.EqualTo(_streams[StreamMix.All[i].Name]));
    }
}
