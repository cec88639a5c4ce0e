using Akka.Streams.Dsl;
using Furiosa.Actors.Protocol;
using Furiosa.Tests.Actors.Scheduling;
using Furiosa.Tests.Support;
using Furiosa.Tests.Support.HashModel;

namespace Furiosa.Tests.Actors.Hosting;

/// <summary>The whole of the actors on a model that notices every wrong block, with serialization of all messages forced.</summary>
internal sealed class HashRuntimeTests
{
    [TestCase(1, 1, 1, 1)]
    [TestCase(8, 1, 1, 1)]
    [TestCase(2, 2, 2, 2)]
    [TestCase(1, 4, 1, 3)]
    public async Task Generate_ManyAtOnce_EachEqualsItsLoneRun(int tp, int pp, int dp, int stepsInFlight)
    {
        var options = HashRuntime.Options with { TensorParallel = tp, PipelineParallel = pp, DataParallel = dp, StepsInFlight = stepsInFlight, MaxNumBatchedTokens = 100 };
        await using var runtime = await HashRuntime.StartAsync(options);
        var random = new Random(tp + pp);
        var requests = Enumerable.Range(0, 64).Select(i => Requests.Random(random, $"r{i}", 120)).ToList();

        var answers = await Task.WhenAll(requests.Select(request => runtime.RunAsync(request)));

        for (var i = 0; i < requests.Count; i++)
        {
            Assert.That(answers[i][^1], Is.TypeOf<GenerationCompleted>());
            var beams = requests[i].Beams is null ? null : HashReference.Beams(requests[i], 256);
            for (var choice = 0; choice < requests[i].ChoiceCount; choice++)
                Assert.That(answers[i].Ids(choice), Is.EqualTo(beams is null ? HashReference.Choice(requests[i], choice, 256) : beams[choice]), requests[i].RequestId);
        }
        await Eventually.IsTrue(() => runtime.Health is { RunningRequests: 0, WaitingRequests: 0 }, "all counts are back at zero");
        Assert.That(runtime.Health.FreeKvBlocks + runtime.Health.CachedKvBlocks, Is.EqualTo(runtime.Summary.KvBlockCount * dp));
    }

    [TestCase(1, 1, 1)]
    [TestCase(2, 2, 2)]
    public async Task Generate_OnAModelThatKeepsStates_EachEqualsItsLoneRun(int tp, int pp, int stepsInFlight)
    {
        var options = HashRuntime.Options with { TensorParallel = tp, PipelineParallel = pp, StepsInFlight = stepsInFlight, DataParallel = 1, PromptLookupTokens = 5 };
        await using var runtime = await HashRuntime.StartAsync(options, new HashModelHost { MaxModelLen = 256, StateBytesPerSlot = 10 << 10 });
        Assert.That((runtime.Summary.KvBlockCount, runtime.Summary.StateCount, runtime.Summary.StateBytes), Is.EqualTo((100, 10, 10 << 10)));
        Assert.That(runtime.Summary.Notices, Has.One.Contains("--prompt-lookup-num-tokens 5 counts as 0"));
        var random = new Random(tp);
        var requests = Enumerable.Range(0, 32).Select(i => Requests.Random(random, $"r{i}", 120)).ToList();

        var answers = await Task.WhenAll(requests.Select(request => runtime.RunAsync(request)));

        for (var i = 0; i < requests.Count; i++)
        {
            Assert.That(answers[i][^1], Is.TypeOf<GenerationCompleted>());
            var beams = requests[i].Beams is null ? null : HashReference.Beams(requests[i], 256);
            for (var choice = 0; choice < requests[i].ChoiceCount; choice++)
                Assert.That(answers[i].Ids(choice), Is.EqualTo(beams is null ? HashReference.Choice(requests[i], choice, 256) : beams[choice]), requests[i].RequestId);
        }
    }

    [Test]
    public async Task Generate_ReaderGoesAway_FreesTheBlocksAndLeavesOthersAlone()
    {
        await using var runtime = await HashRuntime.StartAsync();
        var other = runtime.RunAsync(Requests.Of("other", Requests.Prompt(30), 200));

        var first = await runtime.Client.Generate(Requests.Of("gone", Requests.Prompt(40, 1), 200))
            .Where(what => what is TokensGenerated).RunWith(Sink.First<GenerationEvent>(), runtime.Materializer);

        Assert.That(first, Is.TypeOf<TokensGenerated>());
        await Eventually.IsTrue(() => runtime.Health.RunningRequests <= 1, "the request that was left has ended");
        Assert.That((await other).Ids(), Has.Count.EqualTo(200));
        await Eventually.IsTrue(
            () => runtime.Health.FreeKvBlocks + runtime.Health.CachedKvBlocks == runtime.Summary.KvBlockCount, "all blocks are back");
    }

    /// <summary>The reader goes while a step with its sequence is computed: that step is the last.</summary>
    [Test]
    public async Task Generate_ReaderGoesAwayDuringAStep_TheNextStepIsWithoutItAndItsBlocksAreFree()
    {
        using var gate = new SemaphoreSlim(0);
        var batches = new System.Collections.Concurrent.ConcurrentQueue<long[]>();
        var host = new HashModelHost
        {
            MaxModelLen = 256,
            Before = (_, batch) =>
            {
                batches.Enqueue([.. batch.Slices.Select(slice => slice.SequenceId)]);
                gate.Wait();
            },
        };
        await using var runtime = await HashRuntime.StartAsync(host: host);
        var gone = runtime.Client.Generate(Requests.Of("gone", Requests.Prompt(40, 1), 200))
            .Where(what => what is TokensGenerated).RunWith(Sink.First<GenerationEvent>(), runtime.Materializer);
        await Eventually.IsTrue(() => batches.Count == 1, "the prompt of the one to go is computed");
        var sequence = batches.Single().Single();
        var other = runtime.RunAsync(Requests.Of("other", Requests.Prompt(30), 100));
        await Eventually.IsTrue(() => runtime.Health is { RunningRequests: 1, WaitingRequests: 1 }, "the other waits");

        gate.Release();
        await gone;
        await Eventually.IsTrue(() => batches.Count == 2 && runtime.Health is { RunningRequests: 1, WaitingRequests: 0 }, "the reader is gone and the second step at the gate");
        gate.Release();
        await Eventually.IsTrue(() => batches.Count == 3, "the third step is at the gate");

        Assert.That(batches.ElementAt(1), Has.Length.EqualTo(2).And.Contains(sequence));
        Assert.That(batches.ElementAt(2), Has.Length.EqualTo(1).And.Not.Contains(sequence));
        // The other has 31 of its positions computed or under way: two blocks.
        await Eventually.IsTrue(
            () => runtime.Health.FreeKvBlocks + runtime.Health.CachedKvBlocks == runtime.Summary.KvBlockCount - 2, "the blocks are back while the other runs");
        gate.Release(10_000);
        Assert.That((await other).Ids(), Has.Count.EqualTo(100));
        Assert.That(batches.Skip(2), Has.All.Not.Contains(sequence));
    }

    [Test]
    public async Task Generate_SlowReader_LosesNothingAndHoldsUpNobody()
    {
        await using var runtime = await HashRuntime.StartAsync();
        var request = Requests.Of("slow", Requests.Prompt(10), 150, choices: 2);
        var queue = runtime.Client.Generate(request).RunWith(Sink.Queue<GenerationEvent>().WithAttributes(Akka.Streams.Attributes.CreateInputBuffer(1, 1)), runtime.Materializer);
        var events = new List<GenerationEvent> { (await queue.PullAsync()).Value };

        await runtime.RunAsync(Requests.Of("fast", Requests.Prompt(10, 1), 200));
        await Eventually.IsTrue(() => runtime.Health.RunningRequests == 0, "the slow reader's request is computed without it");
        for (var next = await queue.PullAsync(); next.HasValue; next = await queue.PullAsync()) events.Add(next.Value);

        Assert.That(events.Ids(0), Is.EqualTo(HashReference.Choice(request, 0, 256)));
        Assert.That(events.Ids(1), Is.EqualTo(HashReference.Choice(request, 1, 256)));
        Assert.That(events.Count(e => e is GenerationCompleted), Is.EqualTo(1));
        Assert.That(events, Has.Count.LessThan(20));
    }

    [Test]
    public async Task FinishChoice_WhileRunning_EndsThatChoiceOnly()
    {
        // Twenty steps until the choice has ended: the model may be faster than the reader.
        using var gate = new SemaphoreSlim(20);
        await using var runtime = await HashRuntime.StartAsync(host: new HashModelHost { MaxModelLen = 256, Before = (_, _) => gate.Wait() });
        var request = Requests.Of("stops", Requests.Prompt(20), 150, choices: 2);

        var answer = await runtime.Client.Generate(request).Select(what =>
        {
            if (what is TokensGenerated { Choice: 0, Finish: null }) runtime.Client.FinishChoice("stops", 0);
            if (what is TokensGenerated { Choice: 0, Finish: not null }) gate.Release(10_000);
            return what;
        }).RunWith(Sink.Seq<GenerationEvent>(), runtime.Materializer);

        Assert.That(answer.OfType<TokensGenerated>().Last(e => e.Choice == 0).Finish, Is.EqualTo(ChoiceFinish.Stop));
        var expected = HashReference.Choice(request, 0, 256);
        Assert.That(answer.Ids(0), Is.EqualTo(expected.Take(answer.Ids(0).Count)));
        Assert.That(answer.Ids(0), Has.Count.LessThan(150));
        Assert.That(answer.Ids(1), Is.EqualTo(HashReference.Choice(request, 1, 256)));
        Assert.That(answer[^1], Is.TypeOf<GenerationCompleted>());
    }

    [Test]
    public async Task Abort_ByName_EndsWithAborted()
    {
        // Few steps until the end: the model may be faster than the reader.
        using var gate = new SemaphoreSlim(20);
        await using var runtime = await HashRuntime.StartAsync(host: new HashModelHost { MaxModelLen = 256, Before = (_, _) => gate.Wait() });

        var answer = await runtime.Client.Generate(Requests.Of("named", Requests.Prompt(20), 200)).Select(what =>
        {
            if (what is TokensGenerated) runtime.Client.Abort("named");
            return what;
        }).RunWith(Sink.Seq<GenerationEvent>(), runtime.Materializer);
        gate.Release(10_000);

        Assert.That(answer[^1], Is.TypeOf<GenerationFailed>().With.Property(nameof(GenerationFailed.Kind)).EqualTo(FailureKind.Aborted));
    }

    [Test]
    public async Task Generate_SecondOfTheSameName_IsRefusedAndTheFirstGoesOn()
    {
        var gate = new ManualResetEventSlim();
        await using var runtime = await HashRuntime.StartAsync(host: new HashModelHost { MaxModelLen = 256, Before = (_, _) => gate.Wait() });
        var request = Requests.Of("twin", Requests.Prompt(20), 20);
        var first = runtime.RunAsync(request);
        await Eventually.IsTrue(() => runtime.Health.RunningRequests == 1, "the first runs");

        var second = await runtime.RunAsync(request);
        gate.Set();

        Assert.That(second, Has.Count.EqualTo(1));
        Assert.That(second[0], Is.TypeOf<GenerationFailed>());
        Assert.That((await first).Ids(), Is.EqualTo(HashReference.Choice(request, 0, 256)));
    }

    [Test]
    public async Task Generate_TooManyWaiting_IsRefusedAsOverloaded()
    {
        var gate = new ManualResetEventSlim();
        var options = HashRuntime.Options with { MaxConcurrency = 1, MaxQueuedRequests = 2 };
        await using var runtime = await HashRuntime.StartAsync(options, new HashModelHost { MaxModelLen = 256, Before = (_, _) => gate.Wait() });
        var running = runtime.RunAsync(Requests.Of("running", Requests.Prompt(20), 5));
        await Eventually.IsTrue(() => runtime.Health.RunningRequests == 1, "the first runs");
        Task<List<GenerationEvent>>[] waiting = [runtime.RunAsync(Requests.Of("w1", Requests.Prompt(20), 5)), runtime.RunAsync(Requests.Of("w2", Requests.Prompt(20), 5))];
        await Eventually.IsTrue(() => runtime.Health.WaitingRequests == 2, "two wait");

        var refused = await runtime.RunAsync(Requests.Of("refused", Requests.Prompt(20), 5));
        gate.Set();

        Assert.That(refused[^1], Is.TypeOf<GenerationFailed>().With.Property(nameof(GenerationFailed.Kind)).EqualTo(FailureKind.Overloaded));
        Assert.That((await running)[^1], Is.TypeOf<GenerationCompleted>());
        foreach (var answer in await Task.WhenAll(waiting)) Assert.That(answer[^1], Is.TypeOf<GenerationCompleted>());
    }
}
