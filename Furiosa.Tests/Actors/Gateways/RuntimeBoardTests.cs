using Akka.Actor;
using Furiosa.Actors.Gateways;
using Furiosa.Actors.Observation;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;

namespace Furiosa.Tests.Actors.Gateways;

/// <summary>What a gateway shows of its replicas after every step: the same objects as long as nothing has changed.</summary>
internal sealed class RuntimeBoardTests
{
    private static readonly Action<ReplicaView>[] Changes =
    [
        view => view.State = ReplicaState.Draining, view => view.IsLost = true, view => view.Reason = "why", view => view.Epoch = 2, view => view.Recoveries = 3,
        view => view.Load = new ReplicaLoad(1, 0, 6, 1), view => view.Counters = ReplicaCounters.None with { Steps = 5 }, view => view.Work = [default],
        view => view.Stages = [[new PeFootprint(0, 1, 1, 1, 1, 1)]],
    ];

    private readonly RuntimeBoard _board = new(1);
    private readonly ReplicaView _view = new(0, ActorRefs.Nobody) { State = ReplicaState.Serving, Load = new ReplicaLoad(1, 0, 7, 0) };

    [Test]
    public void Publish_NothingChanged_ShowsTheSameAndAllocatesNothing()
    {
        IReadOnlyList<ReplicaView> views = [_view, new ReplicaView(1, ActorRefs.Nobody)];
        _board.Publish(views, isDraining: false, 1, 0);
        _board.Publish(views, isDraining: false, 1, 0);
        var (shown, health) = (_board.Picture.Replicas, _board.Health);
        var before = GC.GetAllocatedBytesForCurrentThread();
        _board.Publish(views, isDraining: false, 1, 0);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(_board.Picture.Replicas, Is.SameAs(shown));
        Assert.That(_board.Health, Is.SameAs(health));
    }

    [Test]
    public void Publish_SomethingChanged_ShowsIt([Range(0, 8)] int change)
    {
        _board.Publish([_view], isDraining: false, 1, 0);
        var earlier = _board.Picture.Replicas[0];
        Changes[change](_view);
        _board.Publish([_view], isDraining: false, 1, 0);

        Assert.That(_board.Picture.Replicas[0], Is.Not.SameAs(earlier));
        Assert.That(_board.Picture.Replicas[0], Is.SameAs(_view.ToPicture()));
    }

    [Test]
    public void Publish_OtherReplicas_ShowsThemByIndex()
    {
        _board.Publish([_view], isDraining: false, 1, 0);
        _board.Publish([new ReplicaView(2, ActorRefs.Nobody), _view], isDraining: true, 4, 5);

        Assert.That(_board.Picture.Replicas.Select(replica => replica.Index), Is.EqualTo([0, 2]));
        Assert.That((_board.Health.RunningRequests, _board.Health.WaitingRequests), Is.EqualTo((4, 5)));
    }
}
