using Furiosa.Actors.Protocol;
using Furiosa.Actors.Scheduling;

namespace Furiosa.Tests.Actors.Scheduling;

/// <summary>What deaths of a group are held against whom.</summary>
internal sealed class FaultTallyTests
{
    private SchedulerBench _bench = null!;

    [SetUp]
    public void Start() => _bench = new SchedulerBench(new SchedulerOptions { BlockCount = 64, MaxModelLen = 128, MaxBatchedTokens = 64, MaxConcurrency = 8 });

    [Test]
    public void Restart_FaultsInSteps_CountForAllInThemAndThenForEachAlone()
    {
        Submit("good", "bad");
        _bench.Start();
        _bench.Die(GroupDeath.Fault);
        // Alone by now: the first makes a token, and the other dies on.
        _bench.Start();
        _bench.Finish();
        for (var death = 2; death <= FaultTally.MaxDeaths; death++)
        {
            _bench.Start();
            Assert.That(_bench.LastBatch!.Slices, Has.Length.EqualTo(1));
            _bench.Die(GroupDeath.Fault);
        }

        AssertGivenUp("bad");
        Assert.That(_bench.Events["good"], Has.None.TypeOf<GenerationFailed>());
    }

    [Test]
    public void Restart_ProcessLostUnderTwo_MakesSuspectsOfBothAndCountsForNeither()
    {
        Submit("a", "b");
        _bench.Start();
        _bench.Die(GroupDeath.Lost);

        foreach (var events in _bench.Events.Values) Assert.That(events, Has.Some.EqualTo(new GroupDiedUnder(0, IsSuspect: true)));
    }

    [Test]
    public void Restart_ProcessesLostUnderOneAlone_GiveItUpAtTheThird()
    {
        Submit("a");
        for (var death = 1; death <= FaultTally.MaxDeaths; death++)
        {
            _bench.Start();
            Assert.That(_bench.Scheduler.Outputs[^1].Event, Is.TypeOf<ComputedAlone>(), "it is told before the step");
            _bench.Die(GroupDeath.Lost);
        }

        AssertGivenUp("a");
        Assert.That(_bench.Scheduler.RequestCount, Is.Zero);
    }

    [Test]
    public void Restart_NodesSilentOrCutOff_CountForNobody()
    {
        Submit("a");
        for (var death = 0; death < 10; death++)
        {
            _bench.Start();
            _bench.Die(GroupDeath.Gone);
        }

        Assert.That(_bench.Events["a"].OfType<GroupDiedUnder>(), Is.All.EqualTo(new GroupDiedUnder(0, IsSuspect: false)));
    }

    [Test]
    public void Schedule_SeveralRequestsOrOneWithTokens_TellsNobodyThatItIsAlone()
    {
        Submit("a", "b");
        _bench.Start();
        _bench.Finish();
        _bench.Scheduler.Abort("b");
        _bench.Start();
        _bench.Finish();

        Assert.That(_bench.Events.Values.SelectMany(events => events), Has.None.TypeOf<ComputedAlone>());
    }

    private void Submit(params string[] names)
    {
        foreach (var name in names) _bench.Submit(Requests.Of(name, Requests.Prompt(8, name.Length), 20));
    }

    private void AssertGivenUp(string name) =>
        Assert.That(_bench.Events[name][^1], Is.TypeOf<GenerationFailed>().With.Property(nameof(GenerationFailed.Kind)).EqualTo(FailureKind.ComputeFault));
}
