using Furiosa.Actors.Protocol;
using Furiosa.Actors.Scheduling;
using Furiosa.Device.Execution;

namespace Furiosa.Tests.Actors.Scheduling;

internal sealed class SchedulerTests
{
    private static SchedulerOptions Options => new() { BlockCount = 256, MaxModelLen = 2048 };

    [Test]
    public void Schedule_LongPromptBeforeAShortOne_TheShortOneIsNotHeldUp()
    {
        var bench = new SchedulerBench(Options with { MaxBatchedTokens = 128 });
        bench.Submit(Requests.Of("long", Requests.Prompt(2000), 4));
        bench.Submit(Requests.Of("short", Requests.Prompt(30, 1), 4));

        for (var step = 0; step < 4; step++)
        {
            bench.Start();
            bench.Finish();
        }

        Assert.That(bench.Ids("short", 0), Has.Count.EqualTo(4));
        Assert.That(bench.Ids("long", 0), Is.Empty);
    }

    [Test]
    public void Schedule_ManyPrompts_EachGetsItsTurn()
    {
        var bench = new SchedulerBench(Options with { MaxBatchedTokens = 64 });
        for (var i = 0; i < 5; i++) bench.Submit(Requests.Of($"r{i}", Requests.Prompt(300, i), 1));
        var served = new HashSet<long>();

        for (var step = 0; step < 5; step++)
        {
            bench.Start();
            served.UnionWith(bench.LastBatch!.Slices.Select(slice => slice.SequenceId));
            bench.Finish();
        }

        Assert.That(served, Has.Count.EqualTo(5));
    }

    [Test]
    public void Schedule_DecodesAndAPrompt_DecodesComeFirstWithinTheBudget()
    {
        var bench = new SchedulerBench(Options with { MaxBatchedTokens = 20 });
        for (var i = 0; i < 3; i++) bench.Submit(Requests.Of($"r{i}", Requests.Prompt(5, i), 50));
        bench.Start();
        bench.Finish();
        bench.Submit(Requests.Of("prompt", Requests.Prompt(100, 9), 1));

        bench.Start();

        Assert.That(bench.LastBatch!.Slices.Select(slice => slice.Count), Is.EqualTo([1, 1, 1, 17]));
    }

    [Test]
    public void Schedule_SeveralChoices_ComputeTheirPromptOnceAndCopyOnlyItsLastBlock()
    {
        var bench = new SchedulerBench(Options);
        bench.Submit(Requests.Of("r", Requests.Prompt(40), 3, choices: 3));
        bench.Start();
        Assert.That(bench.LastBatch!.TokenIds, Has.Length.EqualTo(40));
        Assert.That(bench.LastBatch.Samples.Select(sample => (sample.Row, ((DrawToken)sample.Request).Choice)), Is.EqualTo([(39, 0), (39, 1), (39, 2)]));
        bench.Finish();

        bench.Start();

        Assert.That(bench.LastBatch.TokenIds, Has.Length.EqualTo(3));
        Assert.That(bench.LastBatch.Copies, Has.Length.EqualTo(2));
        Assert.That(bench.LastBatch.Slices.Select(slice => slice.Blocks[1]).Distinct().Count(), Is.EqualTo(1));
        Assert.That(bench.LastBatch.Slices.Select(slice => slice.Blocks[2]).Distinct().Count(), Is.EqualTo(3));
    }

    [Test]
    public void Schedule_BelowMinTokens_BansStopTokens()
    {
        var bench = new SchedulerBench(Options);
        bench.Submit(Requests.Of("r", Requests.Prompt(5), 3) with { MinTokens = 2, StopTokenIds = [7, 8] });
        var banned = new List<int[]>();

        while (bench.Start())
        {
            banned.Add(bench.LastBatch!.Samples.Select(sample => (DrawToken)sample.Request).Single().BannedIds.ToArray());
            bench.Finish();
        }

        Assert.That(banned.Select(ids => ids.Length), Is.EqualTo([2, 2, 0]));
    }

    [Test]
    public void Abort_RequestInAStepUnderWay_FreesItsBlocksAtOnceAndDropsItsAnswer()
    {
        var bench = new SchedulerBench(Options with { PrefixCaching = false });
        bench.Submit(Requests.Of("r", Requests.Prompt(100), 50, choices: 2));
        bench.Start();

        bench.Scheduler.Abort("r");

        Assert.That(bench.Scheduler.FreeBlocks, Is.EqualTo(256));
        bench.Finish();
        Assert.That(bench.Events["r"].OfType<TokensGenerated>(), Is.Empty);
        Assert.That(bench.Scheduler.CheckIntegrity(), Is.Null);
    }

    [Test]
    public void Submit_MaxTokensZero_OnlyScoresThePrompt()
    {
        var bench = new SchedulerBench(Options);
        bench.Submit(Requests.Of("r", Requests.Prompt(33), 0) with { PromptTopLogprobs = 2 });
        bench.RunToEnd();

        var scores = bench.Events["r"].OfType<PromptScored>().Single().Tokens;
        Assert.That(scores.Select(score => score.Id), Is.EqualTo(Requests.Prompt(33).Skip(1)));
        Assert.That(scores.Select(score => score.Top.Length), Is.All.EqualTo(2));
        Assert.That(bench.Events["r"].OfType<TokensGenerated>().Single().Finish, Is.EqualTo(ChoiceFinish.Length));
    }

    /// <summary>Every scored position has logits of its own: what one client asks for must not take memory for all rows of a step.</summary>
    [Test]
    public void Schedule_PromptsToScore_AreComputedInPiecesOfAFewRowsBesideOthers()
    {
        var bench = new SchedulerBench(Options with { MaxBatchedTokens = 512 });
        for (var i = 0; i < 2; i++) bench.Submit(Requests.Of($"r{i}", Requests.Prompt(300, i), 1) with { PromptTopLogprobs = 0 });
        bench.Submit(Requests.Of("plain", Requests.Prompt(300, 5), 1));
        bench.Start();
        Assert.That(bench.LastBatch!.Samples.Length, Is.InRange(64, 65));
        Assert.That(bench.LastBatch.Slices.Sum(slice => slice.Count), Is.EqualTo(364));
        bench.Finish();
        while (bench.Start())
        {
            Assert.That(bench.LastBatch!.Samples.Length, Is.LessThanOrEqualTo(64 + 2));
            bench.Finish();
        }

        for (var i = 0; i < 2; i++) Assert.That(bench.Events[$"r{i}"].OfType<PromptScored>().Single().Tokens.Select(score => score.Id), Is.EqualTo(Requests.Prompt(300, i).Skip(1)));
    }

    [TestCase(1, false)]
    [TestCase(1, true)]
    [TestCase(33, false)]
    public void Submit_AfterADeathBeforeTheFirstToken_TellsTheScoresUnlessTheyWereTold(int length, bool told)
    {
        var bench = new SchedulerBench(Options);
        bench.Submit(Requests.Of("r", Requests.Prompt(length), 2) with { PromptTopLogprobs = 0, Resume = new ResumePoint([], told, 1, false) });
        bench.RunToEnd();

        Assert.That(bench.Events["r"].OfType<PromptScored>().Select(scored => scored.Tokens.Length), Is.EqualTo(told ? [] : new[] { length - 1 }));
    }

    /// <summary>A foreign gateway's word is not taken for what there can be.</summary>
    [TestCase(4, true)]
    [TestCase(5, false)]
    public void Submit_GoesOnWithNothingLeftToMake_IsRefused(int made, bool ended)
    {
        var bench = new SchedulerBench(Options);
        bench.Submit(Requests.Of("r", Requests.Prompt(10), 5) with { Resume = new ResumePoint([new ResumedChoice([.. Requests.Prompt(made)], ended)], false, 1, false) });

        Assert.That(bench.Events["r"].Single(), Is.TypeOf<GenerationFailed>());
    }

    [TestCase(2048, 1)]
    [TestCase(3000, 5)]
    public void Submit_PromptBeyondTheLimit_IsRefused(int length, int maxTokens)
    {
        var bench = new SchedulerBench(Options);
        bench.Submit(Requests.Of("r", Requests.Prompt(length), maxTokens));

        Assert.That(bench.Events["r"].Single(), Is.TypeOf<GenerationFailed>().With.Property(nameof(GenerationFailed.Kind)).EqualTo(FailureKind.TooLarge));
    }

    [Test]
    public void Submit_BeamsThatCanNeverFit_AreRefused()
    {
        var bench = new SchedulerBench(Options with { BlockCount = 128 });
        bench.Submit(Requests.Of("r", Requests.Prompt(10), 2000) with { Beams = new BeamParameters(2, 1, EarlyStopping.Heuristic) });

        Assert.That(bench.Events["r"].Single(), Is.TypeOf<GenerationFailed>());
    }

    [TestCase(64, 63, true)]
    [TestCase(64, 64, false)]
    public void Submit_BeamsTimesEndTokens_AreBounded(int width, int ends, bool isServed)
    {
        var bench = new SchedulerBench(Options);
        bench.Submit(Requests.Of("r", Requests.Prompt(10), 4) with
        {
            Beams = new BeamParameters(width, 1, EarlyStopping.Heuristic), StopTokenIds = [.. Enumerable.Range(0, ends)],
        });

        Assert.That(bench.Start(), Is.EqualTo(isServed));
        if (isServed) return;
        Assert.That(bench.Events["r"].Single(), Is.TypeOf<GenerationFailed>()
            .With.Property(nameof(GenerationFailed.Kind)).EqualTo(FailureKind.TooLarge).And.Property(nameof(GenerationFailed.Message)).Contains("stop_token_ids"));
    }

    [Test]
    public void Schedule_MoreStepsInFlight_SequencesAreSharedAmongThem()
    {
        var bench = new SchedulerBench(Options with { StepsInFlight = 2 });
        for (var i = 0; i < 8; i++) bench.Submit(Requests.Of($"r{i}", Requests.Prompt(5, i), 50));
        bench.Start();
        bench.Finish();

        Assert.That(bench.Start(), Is.True);
        var first = bench.LastBatch!.Slices.Select(slice => slice.SequenceId).ToList();
        Assert.That(bench.Start(), Is.True);
        var second = bench.LastBatch.Slices.Select(slice => slice.SequenceId).ToList();
        Assert.That(bench.Start(), Is.False);

        Assert.That(first, Has.Count.EqualTo(4));
        Assert.That(second, Has.Count.EqualTo(4));
        Assert.That(first.Intersect(second), Is.Empty);
    }
}
