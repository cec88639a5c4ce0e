using Akka.Actor;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Scheduling;
using Furiosa.Tests.Actors.Scheduling;
using Furiosa.Tests.Support;
using Furiosa.Tests.Support.HashModel;

namespace Furiosa.Tests.Actors.Hosting;

/// <summary>What becomes of requests when parts of the runtime die under them.</summary>
internal sealed class FaultTests
{
    [TestCase(1, 1)]
    [TestCase(2, 2)]
    public async Task Generate_GroupDiesOften_GoesOnWithTheSameBytes(int pp, int stepsInFlight)
    {
        var host = new HashModelHost { MaxModelLen = 256 };
        await using var runtime = await HashRuntime.StartAsync(HashRuntime.Options with { PipelineParallel = pp, StepsInFlight = stepsInFlight }, host);
        var faults = 0;
        host.Fault = (placement, batch) => batch.StepId % 13 == 0 && placement.Stage == pp - 1 && Interlocked.Increment(ref faults) <= 4 ? "a test's fault" : null;
        var requests = Enumerable.Range(0, 8).Select(i => Requests.Of($"r{i}", Requests.Prompt(20 + i, i % 2), 60 + i, choices: 1 + i % 3)).ToList();

        var answers = await Task.WhenAll(requests.Select(request => runtime.RunAsync(request)));

        Assert.That(faults, Is.GreaterThanOrEqualTo(4));
        for (var i = 0; i < requests.Count; i++)
        {
            Assert.That(answers[i][^1], Is.TypeOf<GenerationCompleted>());
            for (var choice = 0; choice < requests[i].ChoiceCount; choice++)
                Assert.That(answers[i].Ids(choice), Is.EqualTo(HashReference.Choice(requests[i], choice, 256)));
        }
        Assert.That(host.StagesLive, Is.EqualTo(pp));
        var (picture, kinds) = (runtime.Picture, runtime.Journal.After(0).Select(one => one.Kind).ToList());
        Assert.That(picture.Replicas.Single().Recoveries, Is.EqualTo(kinds.Count(kind => kind == "group_lost")).And.Positive);
        Assert.That(picture.Resumes, Is.EqualTo(kinds.Count(kind => kind == "request_resumed")).And.Positive);
    }

    /// <summary>Also where each group that it kills leaves it to another one.</summary>
    [TestCase(1)]
    [TestCase(2)]
    public async Task Generate_RequestThatKillsItsGroup_FailsAloneAndTheOthersGoOn(int dp)
    {
        const int Poison = 50_000;
        var faults = 0;
        var host = new HashModelHost { MaxModelLen = 256, Fault = (_, batch) => batch.TokenIds.Contains(Poison) && Interlocked.Increment(ref faults) > 0 ? "poison" : null };
        await using var runtime = await HashRuntime.StartAsync(HashRuntime.Options with { DataParallel = dp }, host);
        var good = Enumerable.Range(0, 6).Select(i => Requests.Of($"r{i}", Requests.Prompt(20 + i, i), 40)).ToList();

        var answers = good.Select(request => runtime.RunAsync(request)).ToList();
        var bad = await runtime.RunAsync(Requests.Of("bad", [1, 2, Poison], 10));

        Assert.That(bad[^1], Is.TypeOf<GenerationFailed>().With.Property(nameof(GenerationFailed.Kind)).EqualTo(FailureKind.ComputeFault));
        Assert.That(faults, Is.EqualTo(FaultTally.MaxDeaths));
        for (var i = 0; i < good.Count; i++) Assert.That((await answers[i]).Ids(), Is.EqualTo(HashReference.Choice(good[i], 0, 256)));
    }

    [Test]
    public async Task Generate_ReplicaActorFails_RequestsGoOnWithTheSameBytes()
    {
        using var step = new SemaphoreSlim(20);
        var host = new HashModelHost { MaxModelLen = 256, Before = (_, _) => step.Wait() };
        await using var runtime = await HashRuntime.StartAsync(HashRuntime.Options with { AkkaHocon = null }, host);
        var request = Requests.Of("r", Requests.Prompt(20), 100, choices: 2);
        var answer = runtime.RunAsync(request);
        await Eventually.IsTrue(() => step.CurrentCount == 0, "twenty steps are done");

        ((StartedRuntime)runtime).System.ActorSelection("/user/node/replica-0").Tell(Kill.Instance);
        step.Release(10_000);

        var events = await answer;
        for (var choice = 0; choice < 2; choice++) Assert.That(events.Ids(choice), Is.EqualTo(HashReference.Choice(request, choice, 256)));
        Assert.That(events[^1], Is.TypeOf<GenerationCompleted>());
    }

    /// <summary>A PE that never answers does not hang its replica: the group is given up and made again.</summary>
    [Test]
    public async Task Generate_StepNeverComesBack_GroupIsMadeAgainAndTheAnswerIsTheSame()
    {
        using var never = new ManualResetEventSlim();
        var hung = 0;
        var host = new HashModelHost { MaxModelLen = 256 };
        host.Before = (_, batch) =>
        {
            if (batch.StepId == 15 && Interlocked.Exchange(ref hung, 1) == 0) never.Wait();
        };
        await using var runtime = await HashRuntime.StartAsync(HashRuntime.Options with { StepTimeout = TimeSpan.FromSeconds(2) }, host);
        var request = Requests.Of("r", Requests.Prompt(20), 60);

        Assert.That((await runtime.RunAsync(request)).Ids(), Is.EqualTo(HashReference.Choice(request, 0, 256)));
        never.Set();
    }

    /// <summary>What has served before is tried again, though the actor that knew of it is gone.</summary>
    [Test]
    public async Task Generate_GroupCannotBeMadeAtOnceAfterAnActorRestart_ServesAgain()
    {
        var refusals = 0;
        var host = new HashModelHost { MaxModelLen = 256 };
        await using var runtime = await HashRuntime.StartAsync(HashRuntime.Options with { AkkaHocon = null }, host);
        host.Refuse = _ => Interlocked.Increment(ref refusals) == 1 ? "no memory just now" : null;

        ((StartedRuntime)runtime).System.ActorSelection("/user/node/replica-0").Tell(Kill.Instance);
        await Eventually.IsTrue(() => Volatile.Read(ref refusals) >= 2, "the group is made again after a refusal");

        var next = Requests.Of("next", Requests.Prompt(20), 30);
        Assert.That((await runtime.RunAsync(next)).Ids(), Is.EqualTo(HashReference.Choice(next, 0, 256)));
    }

    [Test]
    public async Task Generate_PeActorDies_GroupIsMadeAgainAndTheAnswerIsTheSame()
    {
        using var step = new SemaphoreSlim(20);
        var host = new HashModelHost { MaxModelLen = 256, Before = (_, _) => step.Wait() };
        await using var runtime = await HashRuntime.StartAsync(HashRuntime.Options with { AkkaHocon = null }, host);
        var request = Requests.Of("r", Requests.Prompt(20), 60);
        var answer = runtime.RunAsync(request);
        await Eventually.IsTrue(() => step.CurrentCount == 0, "twenty steps are done");

        ((StartedRuntime)runtime).System.ActorSelection("/user/node/replica-0/*/pe-0-1").Tell(Kill.Instance);
        await Eventually.IsTrue(() => runtime.Health.State == RuntimeState.Loading, "the group is given up");
        step.Release(10_000);

        Assert.That((await answer).Ids(), Is.EqualTo(HashReference.Choice(request, 0, 256)));
        Assert.That(host.StagesMade, Is.EqualTo(2));
    }

    [Test]
    public void StartAsync_StageCannotBeMade_SaysWhyAndLeavesNothing()
    {
        var host = new HashModelHost { MaxModelLen = 256, Refuse = placement => placement.Stage == 1 ? "no room for the weights" : null };

        Assert.That(
            () => HashRuntime.StartAsync(HashRuntime.Options with { PipelineParallel = 2 }, host),
            Throws.TypeOf<RuntimeStartException>().With.Message.Contains("no room for the weights"));
        Assert.That(host.IsDisposed, Is.True);
        Assert.That(host.StagesLive, Is.Zero);
    }
}
