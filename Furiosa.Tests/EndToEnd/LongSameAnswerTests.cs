using System.Collections.Concurrent;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.EndToEnd;

/// <summary>
/// Random requests of every kind: each asked alone of a server that shares, guesses and splits nothing, and many at once of one that does all of that in little memory,
/// so that it cuts prompts, guesses for many, runs out of blocks and begins again. On demand: <c>dotnet test --filter FullyQualifiedName~LongSameAnswerTests</c>;
/// FURIOSA_SAME_REQUESTS and FURIOSA_SAME_SEED change it, FURIOSA_SAME_MODEL names another model than the bundled one, with its tokenizer,
/// and FURIOSA_SAME_MEBIBYTES gives its caches memory.
/// </summary>
[TestFixture, Explicit("a minute and more")]
public sealed class LongSameAnswerTests
{
    private static readonly int Count = TestSize.Of("FURIOSA_SAME_REQUESTS", 500);
    private static readonly int Seed = TestSize.Of("FURIOSA_SAME_SEED", 1);
    private static readonly string[] Model = Environment.GetEnvironmentVariable("FURIOSA_SAME_MODEL") is { Length: > 0 } named ? [named] : [];

    [Test]
    public async Task Answers_OfRandomRequests_AreTheSameFromBothServers()
    {
        using var directory = new TemporaryDirectory();
        var little = directory.Write("little.conf", $"furiosa.kv-cache.memory = {TestSize.Of("FURIOSA_SAME_MEBIBYTES", 34)} MiB\nfuriosa.scheduler.max-num-batched-tokens = 96\n");
        await using var plain = await ServerProcess.StartAsync([.. Model, "-tp", "1", "-dp", "1", "--prompt-lookup-num-tokens", "0", "--no-enable-prefix-caching"]);
        await using var busy = await ServerProcess.StartAsync([.. Model, "-tp", "4", "-pp", "2", "-dp", "1", "--max-concurrency", "24", "--prompt-lookup-num-tokens", "64", "--config", little]);
        var requests = new RandomRequests(Seed).Take(Count);

        var alone = await AskAsync(plain, requests, atOnce: 1);
        var together = await AskAsync(busy, requests, atOnce: 24);

        var differing = Enumerable.Range(0, Count).Where(i => alone[i] != together[i]).ToList();
        var answered = alone.Count(answer => answer.StartsWith("200", StringComparison.Ordinal));
        await TestContext.Out.WriteLineAsync($"{Count} requests, {answered} answered, the others refused alike; {differing.Count} differ");
        Assert.That(differing.Select(i => $"{requests[i].Name}: {requests[i].Path} {requests[i].Body}\nalone: {alone[i]}\ntogether: {together[i]}"), Is.Empty);
        Assert.That(answered, Is.GreaterThan(Count / 2));

        // What must not be seen has happened.
        var metrics = await busy.Http.GetStringAsync("/metrics");
        foreach (var counter in Model.Length == 0 ? ["num_preemptions_total", "prefix_cache_hits_total", "spec_decode_num_accepted_tokens_total"] : (string[])["prefix_cache_hits_total"]) Assert.That(metrics, Does.Match($"vllm:{counter}{{[^}}]*}} [1-9]"));
    }

    private static async Task<string[]> AskAsync(ServerProcess server, IReadOnlyList<(string Name, string Path, JObject Body)> requests, int atOnce)
    {
        var answers = new ConcurrentDictionary<int, string>();
        await Parallel.ForEachAsync(
            requests.Index(), new ParallelOptions { MaxDegreeOfParallelism = atOnce },
            async (entry, _) => answers[entry.Index] = await SameAnswerRequests.AnswerAsync(server.Http, entry.Item));
        return [.. Enumerable.Range(0, requests.Count).Select(i => answers[i])];
    }
}
