using Furiosa.Actors.Protocol;
using Furiosa.Actors.Scheduling;
using Furiosa.Tests.Support.HashModel;

namespace Furiosa.Tests.Actors.Scheduling;

/// <summary>Guessing of next tokens: the same answers, in fewer steps, without taking anything from others.</summary>
internal sealed class GuessTests
{
    private static SchedulerOptions Options => new() { BlockCount = 256, MaxModelLen = 512, LookupTokens = 7 };

    [Test]
    public void Decode_ATextThatRepeatsItself_TakesFewerStepsForTheSameTokens([Values(0, 1)] float temperature, [Values(1, 2)] int ids)
    {
        var request = Limited(Requests.Of("r", Requests.Prompt(20), 200, temperature: temperature), ids);
        var (plain, guessing) = (new SchedulerBench(Options with { LookupTokens = 0 }), new SchedulerBench(Options));
        foreach (var bench in (SchedulerBench[])[plain, guessing])
        {
            bench.Submit(request);
            bench.RunToEnd();
            Assert.That(bench.Ids("r", 0), Is.EqualTo(HashReference.Choice(request, 0, 512)));
        }
        var drafts = guessing.Scheduler.Drafts;

        Assert.That(guessing.Steps, Is.EqualTo(plain.Steps - drafts.Accepted));
        Assert.That(drafts.Accepted, Is.GreaterThan(ids == 1 ? 150 : 3));
        Assert.That(drafts.AcceptedAt, Is.Ordered.Descending);
        Assert.That(drafts.AcceptedAt[0], Is.LessThanOrEqualTo(drafts.Drafts));
        Assert.That(drafts.Tokens, Is.GreaterThanOrEqualTo(drafts.Accepted));
        Assert.That(plain.Scheduler.Drafts.Drafts, Is.Zero);
        if (ids == 1) Assert.That(guessing.Steps, Is.LessThan(35)); // of 200 tokens
    }

    [TestCase(1, 8)]
    [TestCase(2, 8)]
    [TestCase(3, 6)]
    [TestCase(4, 8)]
    [TestCase(5, 5)]
    public void Schedule_SomeSequences_ShareTheGuessesOfAStep(int sequences, int rows)
    {
        var bench = new SchedulerBench(Options);
        for (var i = 0; i < sequences; i++) bench.Submit(Constant($"r{i}", 100));
        for (var step = 0; step < 12; step++)
        {
            bench.Start();
            bench.Finish();
        }

        bench.Start();

        Assert.That(bench.LastBatch!.TokenIds, Has.Length.EqualTo(rows));
        Assert.That(bench.LastBatch.Samples, Has.Length.EqualTo(rows));
    }

    [Test]
    public void Schedule_SmallStep_GuessesInHalfOfItAtMost()
    {
        var bench = new SchedulerBench(Options with { MaxBatchedTokens = 6 });
        bench.Submit(Constant("r", 60));
        bench.RunToEnd();

        Assert.That(bench.Scheduler.Drafts.AcceptedAt[..3].Select(count => count > 0), Is.EqualTo([true, true, false]));
    }

    [TestCase(3, 4, 7)]
    [TestCase(5, 8, 7)]
    [TestCase(10, 32, 64)]
    public void Schedule_SmallStep_HasARowForEverySequence(int sequences, int budget, int lookupTokens)
    {
        var bench = new SchedulerBench(Options with { MaxBatchedTokens = budget, LookupTokens = lookupTokens });
        for (var i = 0; i < sequences; i++) bench.Submit(Constant($"r{i}", 200));
        while (Enumerable.Range(0, sequences).Any(i => bench.Ids($"r{i}", 0).Count == 0)) Step(bench);

        for (var step = 0; step < 20; step++)
        {
            bench.Start();
            Assert.That(bench.LastBatch!.Slices, Has.Length.EqualTo(sequences));
            bench.Finish();
        }
    }

    [Test]
    public void Schedule_PromptBesideATextThatRepeatsItself_GetsOn()
    {
        var bench = new SchedulerBench(Options with { MaxBatchedTokens = 8 });
        bench.Submit(Constant("r", 300));
        while (bench.Ids("r", 0).Count < 30) Step(bench);
        bench.Submit(Constant("late", 5));
        while (bench.Ids("late", 0).Count == 0) Step(bench);

        Assert.That(bench.Ids("r", 0), Has.Count.LessThan(60));
    }

    [Test]
    public void Decode_UpToTheLimit_GuessesNothingBehindIt([Range(1, 12)] int tokens)
    {
        var bench = new SchedulerBench(Options);
        bench.Submit(Constant("r", tokens));
        while (bench.Start())
        {
            var slice = bench.LastBatch!.Slices[0];
            Assert.That(slice.FirstPosition + slice.Count, Is.LessThan(8 + tokens)); // the last token is not computed with
            bench.Finish();
        }

        Assert.That(bench.Ids("r", 0), Has.Count.EqualTo(tokens));
    }

    [TestCase(2, false)]
    [TestCase(3, true)]
    public void Schedule_FreeBlocks_AreTakenForGuessesWhereEveryoneHasOneLeft(int blocks, bool taken)
    {
        var bench = new SchedulerBench(new SchedulerOptions { BlockCount = blocks, MaxModelLen = 32, LookupTokens = 7, PrefixCaching = false });
        bench.Submit(Constant("r", 24));
        var crossed = false;
        while (bench.Start())
        {
            var slice = bench.LastBatch!.Slices[0];
            crossed |= slice.FirstPosition < 16 && slice.FirstPosition + slice.Count > 16;
            bench.Finish();
        }

        Assert.That(crossed, Is.EqualTo(taken));
        Assert.That(bench.Ids("r", 0), Has.Count.EqualTo(24));
    }

    [Test]
    public void Decode_BelowMinTokens_DoesNotGuessSinceLaterDrawsAreOthers()
    {
        var bench = new SchedulerBench(Options);
        var request = Constant("r", 60) with { MinTokens = 40, StopTokenIds = [5] }; // the one that may be drawn
        bench.Submit(request);
        while (bench.Ids("r", 0).Count < 39)
        {
            bench.Start();
            Assert.That(bench.LastBatch!.Slices[0].Count, Is.EqualTo(1).Or.EqualTo(8));
            bench.Finish();
        }
        Assert.That(bench.Scheduler.Drafts.Drafts, Is.Zero);
        bench.RunToEnd();

        Assert.That(bench.Ids("r", 0), Is.EqualTo(HashReference.Choice(request, 0, 512)));
    }

    [Test]
    public void Schedule_Beams_GuessNothing()
    {
        var bench = new SchedulerBench(Options);
        bench.Submit(Constant("r", 40) with { Beams = new BeamParameters(2, 1, EarlyStopping.AtWidth) });
        bench.RunToEnd();

        Assert.That(bench.Scheduler.Drafts.Drafts, Is.Zero);
    }

    private static void Step(SchedulerBench bench)
    {
        bench.Start();
        bench.Finish();
    }

    private static GenerationRequest Constant(string id, int tokens) => Limited(Requests.Of(id, Requests.Prompt(8), tokens), 1);

    private static GenerationRequest Limited(GenerationRequest request, int ids) =>
        request with { Sampling = request.Sampling with { AllowedTokenIds = [.. Enumerable.Range(5, ids)] } };
}
