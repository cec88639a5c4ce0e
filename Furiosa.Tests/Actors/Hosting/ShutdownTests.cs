using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using Furiosa.Tests.Actors.Scheduling;
using Furiosa.Tests.Support;
using Furiosa.Tests.Support.HashModel;

namespace Furiosa.Tests.Actors.Hosting;

internal sealed class ShutdownTests
{
    [Test]
    public async Task StopAsync_WhileRequestsRun_LetsThemFinish()
    {
        var gate = new ManualResetEventSlim();
        var host = new HashModelHost { MaxModelLen = 256, Before = (_, _) => gate.Wait() };
        var runtime = await HashRuntime.StartAsync(HashRuntime.Options with { DrainTimeout = TimeSpan.FromMinutes(2) }, host);
        var requests = Enumerable.Range(0, 10).Select(i => Requests.Of($"r{i}", Requests.Prompt(20 + i), 100)).ToList();
        var answers = requests.Select(request => runtime.RunAsync(request)).ToList();
        await Eventually.IsTrue(() => runtime.Health.RunningRequests + runtime.Health.WaitingRequests == 10, "all are in");

        var stop = runtime.StopAsync();
        await Eventually.IsTrue(() => runtime.Health.State == RuntimeState.Draining, "it drains");
        gate.Set();
        await stop;

        for (var i = 0; i < requests.Count; i++) Assert.That((await answers[i]).Ids(), Is.EqualTo(HashReference.Choice(requests[i], 0, 256)));
        Assert.That(runtime.Terminated.IsCompleted, Is.True);
        Assert.That(host.StagesLive, Is.Zero);
        Assert.That(host.IsDisposed, Is.True);
    }

    [Test]
    public async Task StopAsync_RequestOutlastsTheDrainTimeout_EndsItAsUnavailable()
    {
        var gate = new ManualResetEventSlim();
        var host = new HashModelHost { MaxModelLen = 256, Before = (_, _) => gate.Wait() };
        var runtime = await HashRuntime.StartAsync(HashRuntime.Options with { DrainTimeout = TimeSpan.FromSeconds(8) }, host);
        var stuck = runtime.RunAsync(Requests.Of("stuck", Requests.Prompt(20), 100));
        await Eventually.IsTrue(() => runtime.Health.RunningRequests == 1, "it runs");

        var stop = runtime.StopAsync();
        await Eventually.IsTrue(() => runtime.Health.State == RuntimeState.Draining, "it drains");
        var late = await runtime.RunAsync(Requests.Of("late", Requests.Prompt(20), 100));

        Assert.That((await stuck)[^1], Is.TypeOf<GenerationFailed>().With.Property(nameof(GenerationFailed.Kind)).EqualTo(FailureKind.Unavailable));
        Assert.That(late[^1], Is.TypeOf<GenerationFailed>().With.Property(nameof(GenerationFailed.Kind)).EqualTo(FailureKind.Unavailable));
        gate.Set();
        await stop;
    }
}
