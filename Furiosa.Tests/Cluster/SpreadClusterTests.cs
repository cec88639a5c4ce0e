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
        using var authority = new TestCertificates();
        using var directory = new TemporaryDirectory();
        var (ca, certificate, key) = authority.Files("127.0.0.1");
        var config = directory.Write("cluster.conf", $$"""
            furiosa.cluster.tls { ca = "{{ca}}", certificate = "{{certificate}}", key = "{{key}}" }
            furiosa.cluster.capacity-wait = 2 min
            """);
        // Two elements each: no node could hold the replica alone, whichever comes first.
        await using var cluster = await TestCluster.StartAsync(devices: 2, replicas: 1, "--config", config, "-tp", "2", "-pp", "2", "-dp", "1", "--devices", "npu:0:0-1");
        Assert.That(cluster.Devices[0].Output + cluster.Devices[1].Output, Does.Contain("stage 0 on d1/npu:0:0-1, stage 1 on d2/npu:0:0-1"));
        await ExpectAnswersAsync(cluster);

        await ExpectStreamsAsync(cluster, dying: 1);
        await ExpectStreamsAsync(cluster, dying: 0);
        await ExpectAnswersAsync(cluster);
    }

    /// <summary>Two nodes of one processing element each: one tensor-parallel group over both.</summary>
    [Test]
    public async Task Replica_GroupOverTwoNodes_EqualsOneProcess()
    {
        await using var cluster = await TestCluster.StartAsync(devices: 2, replicas: 1, "-tp", "2", "-dp", "1", "--devices", "npu:0:0");

        Assert.That(cluster.Devices[0].Output + cluster.Devices[1].Output, Does.Contain("stage 0 on d1/npu:0:0 and d2/npu:0:0"));
        await ExpectAnswersAsync(cluster);
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
