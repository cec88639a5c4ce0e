using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Cluster;

/// <summary>What a state holds is on one node alone: when that node dies, another computes it again from the tokens, and goes on with the same answer.</summary>
[TestFixture]
public sealed class StateClusterTests
{
    [Test]
    public async Task Streams_DeviceNodeIsKilled_GoOnAsIfNothingHadHappened()
    {
        using var model = StateModels.Make("qwen3.5");
        using var directory = new TemporaryDirectory();
        var config = directory.Write("model.conf", $"furiosa.model = \"{model.Path}\"\n");
        await using var cluster = await TestCluster.StartAsync(devices: 2, "--config", config, "-tp", "2");
        var http = cluster.Gateway.Http!;
        var undisturbed = new Dictionary<string, string>();
        foreach (var request in Requests) undisturbed[request.Name] = await StreamMix.RunAsync(http, request);

        // Twice each, so that both nodes have some, whichever way they are shared out.
        var requests = Requests.Concat(Requests).ToList();
        var begun = requests.Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToList();
        var streams = requests.Select((request, i) => StreamMix.RunAsync(http, request, () => begun[i].TrySetResult())).ToList();
        await Task.WhenAll(begun.Select(one => one.Task)).WaitAsync(Patience.Longest);
        cluster.Devices[0].Kill();

        var answers = await Task.WhenAll(streams).WaitAsync(Patience.Longest);
        for (var i = 0; i < requests.Count; i++) Assert.That(answers[i], Is.EqualTo(undisturbed[requests[i].Name]));
        Assert.That((await MetricsText.ReadAsync(http)).Sum("furiosa_llm_resumed_requests_total"), Is.Positive);
    }

    // So small a model would be at the end of most of them before anything happens.
    private static IReadOnlyList<(string Name, string Path, JObject Body)> Requests { get; } =
        [.. StreamMix.All.Select(request => request.Name is "greedy" or "seeded" or "n" ? request with { Body = new JObject(request.Body) { ["max_tokens"] = 1500 } } : request)];
}
