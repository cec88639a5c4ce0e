namespace Furiosa.Tests.Support;

/// <summary>
/// Two gateways and two device nodes under streams whose clients go to another gateway when theirs ends. Whatever is done to the nodes meanwhile,
/// every stream must be the same as before.
/// </summary>
internal static class RestartedStreams
{
    private const int Workers = 10;

    /// <param name="disturb">What is done; the nodes that it starts again take the places of those before.</param>
    public static async Task CompareAsync(Func<TestCluster, Task> disturb)
    {
        using var directory = new TemporaryDirectory();
        // Streams last longer than a gateway waits for them, so that they must go on elsewhere.
        var config = directory.Write("restarts.conf", "furiosa.shutdown.drain-timeout = 1 s\n");
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions(2, 2, "-tp", "2", "--config", config) { Gateways = 2 });
        var client = new ResumingClient(() => [.. cluster.Gateways.Select(gateway => gateway.Http!)]);
        var requests = StreamMix.All.Where(request => request.Body["use_beam_search"] is null).ToList();
        var undisturbed = new Dictionary<string, string>();
        foreach (var request in requests) undisturbed[request.Name] = await client.RunAsync(request);

        using var over = new CancellationTokenSource();
        var workers = Enumerable.Range(0, Workers).Select(worker => Task.Run(async () =>
        {
            var answers = new List<(string Name, string Answer)>();
            for (var i = worker; !over.IsCancellationRequested; i++)
            {
                var request = requests[i % requests.Count];
                answers.Add((request.Name, await client.RunAsync(request)));
            }
            return answers;
        })).ToList();
        await disturb(cluster);
        await over.CancelAsync();

        var all = (await Task.WhenAll(workers)).SelectMany(answers => answers).ToList();
        await TestContext.Out.WriteLineAsync($"{all.Count} streams, {client.Resumed} times taken up at another gateway");
        foreach (var (name, answer) in all) Assert.That(answer, Is.EqualTo(undisturbed[name]));
        await cluster.WaitForIdleAsync();
    }
}
