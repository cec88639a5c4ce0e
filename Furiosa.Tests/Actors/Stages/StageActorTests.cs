using Akka.Actor;
using Furiosa.Actors.Groups;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Stages;
using Furiosa.Device.Execution;
using Furiosa.Device.Mesh;
using Furiosa.Tests.Support.HashModel;

namespace Furiosa.Tests.Actors.Stages;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class StageActorTests : IDisposable
{
    // Well below what the end of a step is waited for.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ActorSystem _system = RuntimeStarter.CreateSystem(HashRuntime.Options with { AkkaHocon = null });
    private readonly ManualResetEventSlim _held = new();

    public void Dispose()
    {
        _held.Set();
        _system.Terminate().Wait();
        _system.Dispose();
        _held.Dispose();
    }

    [TestCase(true, TestName = "Stop_OnAComputeThreadWhileTheGroupIsMade_DoesNotWait")]
    [TestCase(false, TestName = "Stop_OnAComputeThreadWhileAStepIsComputed_DoesNotWait")]
    public void Stop_OnAComputeThread_DoesNotWait(bool whileMade)
    {
        var inbox = Inbox.Create(_system);
        using var making = new ManualResetEventSlim();
        var host = new HashModelHost
        {
            Before = (_, _) => _held.Wait(),
            Refuse = _ =>
            {
                making.Set();
                if (whileMade) _held.Wait();
                return null;
            },
        };
        var stage = Start(host, inbox.Receiver);
        inbox.Watch(stage);
        Assert.That(making.Wait(Patience));
        if (!whileMade)
        {
            Assert.That(inbox.Receive(Patience), Is.TypeOf<StageReady>());
            stage.Tell(new RunStage(1, new StageStep(Batch(), null)));
        }

        var stopped = Task.Run(() =>
        {
            using var _ = ChainExecutor.Open(ChainDispatchers.Steps);
            stage.Tell(PoisonPill.Instance);
        });

        Assert.That(stopped.Wait(Patience), "the thread can compute on");
        Assert.That(_held.IsSet, Is.False);
        _held.Set();
        Assert.That(inbox.Receive(Patience), Is.TypeOf<Terminated>());
        Assert.That(host.StagesLive, Is.Zero, "whoever hears of its end finds the group given back");
    }

    private IActorRef Start(HashModelHost host, IActorRef replica)
    {
        var placement = new StagePlacement(0, 0, 1, [new PeId(0, 0), new PeId(0, 1)], [0, 1]);
        var settings = new StageSettings(1, placement, new CacheSize(16), replica, new NoOutlet()) { LongestStop = TimeSpan.FromMinutes(10) };
        return _system.ActorOf(Props.Create(() => new StageActor(settings, host, null)).On(_system, ChainDispatchers.Steps));
    }

    private static StepBatch Batch() => new()
    {
        StepId = 1, TokenIds = [1], Slices = [new SequenceSlice(1, 0, 1, [0])], Samples = [], Copies = [],
    };

    private sealed class NoOutlet : IStageOutlet
    {
        public GroupDeath? Death => null;

        public void Forward(RunStage step)
        {
        }

        public void Complete(StepCompleted completed)
        {
        }
    }
}
