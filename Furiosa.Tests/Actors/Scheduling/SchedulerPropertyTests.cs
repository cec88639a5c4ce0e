using Furiosa.Actors.Protocol;
using Furiosa.Actors.Scheduling;
using Furiosa.Tests.Support.HashModel;

namespace Furiosa.Tests.Actors.Scheduling;

/// <summary>
/// Thousands of random operations against a model that notices any wrong block: whatever the pool, the budget and the interleaving,
/// every request answers as if it were alone.
/// </summary>
internal sealed class SchedulerPropertyTests
{
    [Test]
    public void Run_RandomOperations_EqualsUndisturbedRuns([Range(0, 59)] int seed) => Run(seed, _ => 0);

    /// <summary>The same of a model that computes every position from a state alone, with few slots for them or many.</summary>
    [Test]
    public void Run_RandomOperationsOnStates_EqualsUndisturbedRuns([Range(0, 79)] int seed) => Run(seed, random => random.Next(1, random.Next(2) == 0 ? 6 : 30));

    private static void Run(int seed, Func<Random, int> states)
    {
        var random = new Random(seed);
        var maxModelLen = random.Next(20, 120);
        var options = new SchedulerOptions
        {
            BlockCount = KvBlocks.Needed(maxModelLen) + random.Next(0, 2 * KvBlocks.Needed(maxModelLen)),
            MaxModelLen = maxModelLen,
            MaxBatchedTokens = random.Next(1, 60),
            MaxConcurrency = random.Next(1, 12),
            PrefixCaching = random.Next(4) > 0,
            StepsInFlight = random.Next(1, 4),
            LookupTokens = random.Next(3) == 0 ? 0 : random.Next(1, 12),
        };
        options = options with { StateCount = states(random) };
        var bench = new SchedulerBench(options, overWire: seed % 2 == 1);
        var requests = new Dictionary<string, GenerationRequest>();
        var disturbed = new HashSet<string>();
        for (var operation = 0; operation < 800; operation++)
        {
            Operate(random, bench, requests, disturbed, maxModelLen);
            if (operation % 16 == 0) Assert.That(bench.Scheduler.CheckIntegrity(), Is.Null);
        }
        bench.RunToEnd();

        foreach (var (id, request) in requests)
        {
            if (!disturbed.Contains(id)) AssertUndisturbed(bench, request, maxModelLen);
        }
    }

    private static void Operate(
        Random random, SchedulerBench bench, Dictionary<string, GenerationRequest> requests, HashSet<string> disturbed, int maxModelLen)
    {
        switch (random.Next(20))
        {
            case < 3:
                var request = Requests.Random(random, $"r{requests.Count}", maxModelLen);
                requests.Add(request.RequestId, request);
                bench.Submit(request);
                break;
            case 3 when requests.Count > 0 && random.Next(4) == 0:
                var aborted = $"r{random.Next(requests.Count)}";
                disturbed.Add(aborted);
                bench.Scheduler.Abort(aborted);
                break;
            case 4 when random.Next(40) == 0:
                bench.Die();
                break;
            case < 12:
                bench.Start();
                break;
            default:
                bench.Finish();
                break;
        }
    }

    private static void AssertUndisturbed(SchedulerBench bench, GenerationRequest request, int maxModelLen)
    {
        var events = bench.Events[request.RequestId];
        if (events[^1] is GenerationFailed failed)
        {
            Assert.That(failed.Kind, Is.EqualTo(FailureKind.TooLarge).Or.EqualTo(FailureKind.ComputeFault));
            return;
        }
        Assert.That(events.Count(e => e is GenerationCompleted or GenerationFailed), Is.EqualTo(1));
        Assert.That(events[^1], Is.TypeOf<GenerationCompleted>());
        Assert.That(events[0], Is.TypeOf<GenerationStarted>());
        Assert.That(events.OfType<PromptScored>().Count(), Is.EqualTo(request.PromptTopLogprobs is null ? 0 : 1));
        var beams = request.Beams is null ? null : HashReference.Beams(request, maxModelLen);
        for (var choice = 0; choice < request.ChoiceCount; choice++)
        {
            var expected = beams is null ? HashReference.Choice(request, choice, maxModelLen) : beams[choice];
            Assert.That(bench.Ids(request.RequestId, choice), Is.EqualTo(expected), $"{request.RequestId} choice {choice}");
            var last = events.OfType<TokensGenerated>().Last(e => e.Choice == choice);
            var stopped = expected.Count > 0 && request.StopTokenIds.Contains(expected[^1]);
            Assert.That(last.Finish, Is.EqualTo(stopped ? ChoiceFinish.Stop : ChoiceFinish.Length));
            Assert.That(last.StopTokenId, Is.EqualTo(stopped ? expected[^1] : (int?)null));
        }
    }
}
