using Furiosa.Tests.EndToEnd;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Cluster;

/// <summary>Real processes that are killed, stopped and drained under streams of every kind, each of which must be as if nothing had happened.</summary>
[TestFixture]
public sealed class ClusterChaosTests
{
    [Test]
    public async Task Streams_NodesAreKilledStoppedAndDrained_EveryByteIsTheSame()
    {
        await using var cluster = await TestCluster.StartAsync(devices: 3, "-tp", "2");
        var http = cluster.Gateway.Http!;
        var undisturbed = new Dictionary<string, string>();
        foreach (var request in StreamMix.All) undisturbed[request.Name] = await StreamMix.RunAsync(http, request);

        await DisturbAsync(http, undisturbed, () =>
        {
            cluster.Devices[0].Kill();
            return Task.CompletedTask;
        });
        await DisturbAsync(http, undisturbed, () => cluster.Devices[1].SignalAsync("STOP"));
        await cluster.Devices[1].SignalAsync("CONT");
        cluster.Devices[0] = await cluster.ReplaceAsync(cluster.Devices[0]);
        await cluster.WaitForReplicasAsync(3);
        await DisturbAsync(http, undisturbed, () => cluster.Devices[2].SignalAsync("TERM"));

        Assert.That(await cluster.Devices[2].EndAsync(), Is.Zero, cluster.Devices[2].Output);
        await cluster.WaitForIdleAsync();
    }

    /// <summary>The only device node dies: streams wait for its return.</summary>
    [Test]
    public async Task Streams_OnlyDeviceNodeIsKilled_GoOnWhenItIsBack()
    {
        await using var cluster = await TestCluster.StartAsync(devices: 1, "-tp", "2");
        var http = cluster.Gateway.Http!;
        var request = StreamMix.All[1];
        var undisturbed = await StreamMix.RunAsync(http, request);

        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var stream = StreamMix.RunAsync(http, request, () => begun.TrySetResult());
        await begun.Task;
        cluster.Devices[0].Kill();
        cluster.Devices[0] = await cluster.ReplaceAsync(cluster.Devices[0]);

        Assert.That(await stream, Is.EqualTo(undisturbed));
    }

    /// <summary>The only device node is paused, asked, and dies: what was asked about prompts is computed again when it is back.</summary>
    [Test]
    public async Task PromptWork_DeviceNodeIsKilledUnderIt_GivesTheSameScoresAndVectors()
    {
        await using var cluster = await TestCluster.StartAsync(devices: 1, "-tp", "2");
        var http = cluster.Gateway.Http!;
        var requests = SameAnswerRequests.All.Where(request => request.Name is "scores" or "vectors").ToList();
        var undisturbed = await Task.WhenAll(requests.Select(request => SameAnswerRequests.AskAsync(http, request)));

        await cluster.Devices[0].SignalAsync("STOP");
        var answers = requests.Select(request => SameAnswerRequests.AskAsync(http, request)).ToList();
        // Each prompt is a request of its own to the runtime, and one of these has two.
        await cluster.WaitForRequestsAsync(answers.Count + 1);
        cluster.Devices[0].Kill();
        cluster.Devices[0] = await cluster.ReplaceAsync(cluster.Devices[0]);

        Assert.That(requests, Has.Count.EqualTo(2));
        Assert.That(await Task.WhenAll(answers), Is.EqualTo(undisturbed));
    }

    /// <summary>A gateway dies: its client takes its stream up again at another one.</summary>
    [Test]
    public async Task Stream_GatewayIsKilled_IsTakenUpAtAnotherWithTheSameBytes()
    {
        await using var cluster = await TestCluster.StartAsync(devices: 1, "-tp", "2");
        await using var second = await NodeProcess.StartAsync(
            "--role", "gateway", "--host", "127.0.0.1", "--port", "0", "--admin-port", "0", "--cluster-port", "0", "--seed-nodes", $"127.0.0.1:{cluster.Gateway.ClusterPort}");
        var (_, path, body) = StreamMix.All.Single(one => one.Name == "n");
        body = new JObject(body) { ["max_tokens"] = 1000 }; // still in the middle, though this process may have to wait for its turn
        var undisturbed = await ResumableStream.ReadAsync(second.Http!, path, body, lastId: null);

        var first = await ResumableStream.ReadAsync(cluster.Gateway.Http!, path, body, lastId: null, onFrame: count =>
        {
            if (count == 20) cluster.Gateway.Kill();
        });
        Assert.That(first.IsWhole, Is.False);
        var rest = await ResumableStream.ReadAsync(second.Http!, path, body, first.LastId);

        Assert.That(rest.IsWhole, Is.True, rest.Error);
        Assert.That(ResumableStream.Text(first, rest), Is.EqualTo(ResumableStream.Text(undisturbed)));
    }

    private static async Task DisturbAsync(HttpClient http, Dictionary<string, string> undisturbed, Func<Task> disturb)
    {
        var requests = StreamMix.All.Concat(StreamMix.All).ToList();
        var begun = requests.Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToList();
        var streams = requests.Select((request, i) => StreamMix.RunAsync(http, request, () => begun[i].TrySetResult())).ToList();
        // The first half, so that some streams are in the middle and some have not begun.
        await Task.WhenAll(begun.Take(requests.Count / 2).Select(one => one.Task)).WaitAsync(TimeSpan.FromSeconds(100));
        await disturb();

        var answers = await Task.WhenAll(streams).WaitAsync(TimeSpan.FromSeconds(150));
        for (var i = 0; i < requests.Count; i++) Assert.That(answers[i], Is.EqualTo(undisturbed[requests[i].Name]));
    }
}
