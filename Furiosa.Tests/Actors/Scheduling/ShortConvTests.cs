using Furiosa.Actors.Protocol;
using Furiosa.Actors.Scheduling;
using Furiosa.Device.Execution;
using Furiosa.Tests.Device.Models;

namespace Furiosa.Tests.Actors.Scheduling;

/// <summary>
/// What a convolution keeps of earlier positions is in the KV blocks, so it must come along whatever the scheduler does with these: a model that has such
/// layers answers each request as if it were alone.
/// </summary>
internal sealed class ShortConvTests
{
    private const int Longest = 80;

    [Test]
    public void Run_CachedPrefixesGuessesForksAndPreemption_EqualUndisturbedRuns([Range(0, 3)] int seed)
    {
        // The requests' tokens are below 97.
        using var model = new RandomCheckpoint(ShortConvDefinitions.Dense.Replace("\"vocab_size\":83", "\"vocab_size\":97", StringComparison.Ordinal));
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = model.Path });
        var random = new Random(seed);
        GenerationRequest[] requests = [.. Enumerable.Range(0, 30).Select(i => Requests.Random(random, $"r{i}", Longest))];
        using var alone = new ReplicaRunner(host);
        var plain = new SchedulerBench(new SchedulerOptions { BlockCount = 64, MaxModelLen = Longest, PrefixCaching = false }, compute: batch => Compute(alone, batch));
        foreach (var request in requests)
        {
            plain.Submit(request);
            plain.RunToEnd();
        }

        using var together = new ReplicaRunner(host, tensorParallel: 4);
        var bench = new SchedulerBench(
            new SchedulerOptions { BlockCount = 20, MaxModelLen = Longest, MaxBatchedTokens = 21, MaxConcurrency = 6, LookupTokens = 5 }, compute: batch => Compute(together, batch));
        for (var i = 0; i < requests.Length; i++)
        {
            bench.Submit(requests[i]);
            for (var step = random.Next(6); step > 0 && (bench.Start() | bench.Finish()); step--)
            {
            }

            if (i % 11 == 10) bench.Die();
        }
        bench.RunToEnd();

        foreach (var request in requests)
        {
            var id = request.RequestId;
            Assert.That(bench.Events[id][^1].GetType(), Is.EqualTo(plain.Events[id][^1].GetType()), id);
            for (var choice = 0; choice < request.ChoiceCount; choice++) Assert.That(bench.Ids(id, choice), Is.EqualTo(plain.Ids(id, choice)), $"{id} choice {choice}");
        }
        Assert.That(bench.Scheduler.Drafts.Accepted, Is.GreaterThan(0), "some tokens were guessed");
    }

    private static StepResult Compute(ReplicaRunner runner, StepBatch batch)
    {
        var outcome = ReplicaRunner.Execute(runner.Stages[0], new StageStep(batch, null));
        return outcome.Fault is null ? outcome.Result! : throw new InvalidOperationException(outcome.Fault);
    }
}
