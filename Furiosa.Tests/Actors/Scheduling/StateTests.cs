using Furiosa.Actors.Observation;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Scheduling;
using Furiosa.Tests.Support.HashModel;

namespace Furiosa.Tests.Actors.Scheduling;

/// <summary>
/// A model that computes each position from a state alone, and fails when that is not the state of the positions before: whatever shares, keeps or
/// lacks slots, answers are as ever.
/// </summary>
internal sealed class StateTests
{
    private const int Longest = 512;

    private static SchedulerOptions Options => new() { BlockCount = 256, MaxModelLen = Longest, StateCount = 32, LookupTokens = 7 };

    [TestCase(1, 32)]
    [TestCase(5, 32)]
    [TestCase(5, 5)]
    [TestCase(5, 3)] // the choices go one after the other where there are not enough for all
    [TestCase(5, 1)]
    public void Run_Choices_EqualTheReference(int choices, int states)
    {
        var bench = new SchedulerBench(Options with { StateCount = states });
        var request = Requests.Of("a", Requests.Prompt(40), 50, choices);
        bench.Submit(request);
        bench.RunToEnd();

        for (var choice = 0; choice < choices; choice++) Assert.That(bench.Ids("a", choice), Is.EqualTo(HashReference.Choice(request, choice, Longest)));
    }

    [TestCase(4, 32, 1)]
    [TestCase(4, 4, 1)]
    [TestCase(4, 4, 2)]
    [TestCase(7, 9, 2)]
    public void Run_BeamsWithOthers_EqualTheReference(int width, int states, int stepsInFlight)
    {
        var bench = new SchedulerBench(Options with { StateCount = states, StepsInFlight = stepsInFlight });
        var beams = Requests.Of("beams", Requests.Prompt(35), 40, width) with { Beams = new BeamParameters(width, 1, EarlyStopping.Never) };
        GenerationRequest[] others = [.. Enumerable.Range(0, 5).Select(i => Requests.Of($"{i}", Requests.Prompt(20 + (9 * i), i), 30))];
        foreach (var request in (GenerationRequest[])[others[0], beams, .. others[1..]]) bench.Submit(request);
        bench.RunToEnd();

        var expected = HashReference.Beams(beams, Longest);
        for (var choice = 0; choice < width; choice++) Assert.That(bench.Ids("beams", choice), Is.EqualTo(expected[choice]));
        foreach (var other in others) Assert.That(bench.Ids(other.RequestId, 0), Is.EqualTo(HashReference.Choice(other, 0, Longest)));
    }

    [Test]
    public void Submit_BeamsNeedMoreStatesThanThereAre_IsRefusedWithTheRemedy()
    {
        var bench = new SchedulerBench(Options with { StateCount = 4 });
        bench.Submit(Requests.Of("a", Requests.Prompt(5), 5, 5) with { Beams = new BeamParameters(5, 1, EarlyStopping.Never) });

        var refusal = (GenerationFailed)bench.Events["a"].Single();
        Assert.That(refusal.Kind, Is.EqualTo(FailureKind.TooLarge));
        Assert.That(refusal.Message, Does.Contain("width 5").And.Contain("has 4").And.Contain("lower the width"));
    }

    [Test]
    public void Run_MoreSequencesThanStates_AllEndAndNoneIsComputedTwice()
    {
        var bench = new SchedulerBench(Options with { StateCount = 4 });
        GenerationRequest[] requests = [.. Enumerable.Range(0, 20).Select(i => Requests.Of($"{i}", Requests.Prompt(10 + i, i), 40, choices: 1 + (i % 3)))];
        foreach (var request in requests) bench.Submit(request);
        bench.RunToEnd();

        foreach (var request in requests)
        {
            for (var choice = 0; choice < request.ChoiceCount; choice++) Assert.That(bench.Ids(request.RequestId, choice), Is.EqualTo(HashReference.Choice(request, choice, Longest)));
        }
        Assert.That(bench.Scheduler.Preemptions, Is.Zero);
    }

    [TestCase(48, 32)] // the last token is computed, so its block is
    [TestCase(49, 48)]
    [TestCase(15, 0)]
    [TestCase(16, 0)]
    [TestCase(17, 16)]
    public void Submit_SamePromptAgain_GoesOnFromItsSnapshot(int length, int cached)
    {
        var bench = new SchedulerBench(Options);

        Assert.That(Rows(bench, "first", Requests.Prompt(length)), Is.EqualTo((0, length + 1)));
        Assert.That(Rows(bench, "second", Requests.Prompt(length)), Is.EqualTo((cached, length + 1 - cached)));
        Assert.That(bench.Scheduler.PrefixHits, Is.EqualTo(cached));
    }

    [TestCase(7)]
    [TestCase(16)]
    [TestCase(33)]
    public void Submit_PromptInParts_KeepsItsLastBoundary(int budget)
    {
        var bench = new SchedulerBench(Options with { MaxBatchedTokens = budget });

        for (var length = 95; length < 99; length++)
        {
            Rows(bench, $"{length} first", Requests.Prompt(length, length));
            Assert.That(Rows(bench, $"{length} again", Requests.Prompt(length, length)).Cached, Is.EqualTo((length - 1) / 16 * 16));
        }
    }

    [Test]
    public void Submit_PromptGoesOnFromAnAnswer_GoesOnFromItsNewestSnapshot()
    {
        var bench = new SchedulerBench(Options);
        Rows(bench, "first", Requests.Prompt(20), 40);
        int[] conversation = [.. Requests.Prompt(20), .. bench.Ids("first", 0), 5, 6];

        // 59 positions of the first were computed: three blocks and eleven positions.
        Assert.That(Rows(bench, "second", conversation).Cached, Is.EqualTo(48));
        // Of the answer only the newest is kept; of the prompt its own.
        Assert.That(Rows(bench, "third", [.. conversation[..40], 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).Cached, Is.EqualTo(16));
    }

    [TestCase(512)]
    [TestCase(16)]
    [TestCase(50)]
    public void Submit_OthersBeginAlikeButEndElsewhere_GoOnFromWhereTheyPart(int budget)
    {
        var bench = new SchedulerBench(Options with { MaxBatchedTokens = budget });
        Rows(bench, "first", [.. Requests.Prompt(64), .. Requests.Prompt(40, 5)]);

        // Blocks up to 64 are known, but the only states are behind 96 and further: what comes there is kept now.
        Assert.That(Rows(bench, "second", [.. Requests.Prompt(64), .. Requests.Prompt(40, 6)]).Cached, Is.Zero);
        Assert.That(Rows(bench, "like the second", [.. Requests.Prompt(64), .. Requests.Prompt(40, 7)]).Cached, Is.EqualTo(64));
        Assert.That(Rows(bench, "the second again", [.. Requests.Prompt(64), .. Requests.Prompt(40, 6)]).Cached, Is.EqualTo(96));
        Assert.That(Rows(bench, "third", [.. Requests.Prompt(64), .. Requests.Prompt(40, 5), 1, 2, 3]).Cached, Is.EqualTo(96));
    }

    [Test]
    public void Run_ManyOthersSinceThen_SnapshotIsGoneAndTheAnswerTheSame()
    {
        var bench = new SchedulerBench(Options with { StateCount = 4 });
        Rows(bench, "first", Requests.Prompt(40), 20);
        for (var i = 1; i < 6; i++) Rows(bench, $"{i}", Requests.Prompt(40, i));

        Assert.That(Rows(bench, "again", Requests.Prompt(40), 20).Cached, Is.Zero);
        Assert.That(bench.Ids("again", 0), Is.EqualTo(bench.Ids("first", 0)));
    }

    [Test]
    public void Run_OneStateOnly_KeepsNothingAndEnds()
    {
        var bench = new SchedulerBench(Options with { StateCount = 1 });
        for (var i = 0; i < 4; i++) bench.Submit(Requests.Of($"{i}", Requests.Prompt(40), 40));
        bench.RunToEnd();

        for (var i = 0; i < 4; i++) Assert.That(bench.Ids($"{i}", 0), Is.EqualTo(HashReference.Choice(Requests.Of("x", Requests.Prompt(40), 40), 0, Longest)));
    }

    [Test]
    public void Run_PrefixCachingIsOff_KeepsNothing()
    {
        var bench = new SchedulerBench(Options with { PrefixCaching = false });
        Rows(bench, "first", Requests.Prompt(64), 40);

        Assert.That(bench.Scheduler.States, Is.EqualTo(new StateCounts(0, 0, 32)));
    }

    [TestCase(1)]
    [TestCase(3)]
    public void Abort_InFlight_GivesBackWhatTheStepWrites(int stepsInFlight)
    {
        var bench = new SchedulerBench(Options with { StateCount = 5, StepsInFlight = stepsInFlight, MaxBatchedTokens = 64 });
        for (var i = 0; i < 12; i++)
        {
            bench.Submit(Requests.Of($"{i}", Requests.Prompt(17 + (i * 16)), 40, choices: 2));
            bench.Start();
            bench.Start();
            if (i % 2 == 1) bench.Scheduler.Abort($"{i}");
            Assert.That(bench.Scheduler.CheckIntegrity(), Is.Null);
            bench.Start();
            bench.Finish();
            Assert.That(bench.Scheduler.CheckIntegrity(), Is.Null);
        }
        bench.RunToEnd();

        for (var i = 0; i < 12; i += 2)
        {
            var request = Requests.Of($"{i}", Requests.Prompt(17 + (i * 16)), 40, choices: 2);
            for (var choice = 0; choice < 2; choice++) Assert.That(bench.Ids(request.RequestId, choice), Is.EqualTo(HashReference.Choice(request, choice, Longest)));
        }
    }

    [Test]
    public void Restart_GroupDies_AllSlotsAreFreeAndAnswersTheSame()
    {
        var bench = new SchedulerBench(Options with { StepsInFlight = 2 });
        var request = Requests.Of("a", Requests.Prompt(40), 60, choices: 3);
        bench.Submit(request);
        for (var i = 0; i < 25; i++)
        {
            bench.Start();
            bench.Start();
            bench.Finish();
            if (i % 8 != 7) continue;
            bench.Die();
            Assert.That(bench.Scheduler.States, Is.EqualTo(new StateCounts(0, 0, 32)));
        }
        bench.RunToEnd();

        for (var choice = 0; choice < 3; choice++) Assert.That(bench.Ids("a", choice), Is.EqualTo(HashReference.Choice(request, choice, Longest)));
    }

    [Test]
    public void Run_LookupTokensAreSet_NothingIsGuessed()
    {
        var bench = new SchedulerBench(Options);
        bench.Submit(Requests.Of("a", Requests.Prompt(10), 100) with { Sampling = new SamplingParameters { Temperature = 0, Seed = 0, AllowedTokenIds = [5] } });
        bench.RunToEnd();

        Assert.That(bench.Scheduler.Drafts.Drafts, Is.Zero);
        Assert.That(bench.Steps, Is.EqualTo(100));
    }

    /// <summary>Prompt tokens that were skipped, and rows that were computed.</summary>
    private static (int Cached, int Computed) Rows(SchedulerBench bench, string id, int[] prompt, int maxTokens = 2)
    {
        bench.Submit(Requests.Of(id, prompt, maxTokens));
        var rows = 0;
        while (bench.Start())
        {
            rows += bench.LastBatch!.TokenIds.Length;
            bench.Finish();
        }
        bench.RunToEnd();
        return (bench.Events[id].OfType<GenerationStarted>().Single().CachedPromptTokens, rows);
    }
}
