using Akka.Actor;
using Akka.TestKit;
using Furiosa.Actors.Gateways;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Streams;
using Furiosa.Tests.Actors.Scheduling;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Actors.Gateways;

internal sealed class GatewayActorTests
{
    private readonly RuntimeBoard _board = new(2);
    private ActorKit _kit = null!;
    private IActorRef _gateway = null!;
    private TestProbe[] _replicas = null!;

    [SetUp]
    public void Start()
    {
        _kit = new ActorKit();
        var settings = new GatewaySettings(100, _board);
        _gateway = _kit.Sys.ActorOf(Props.Create(() => new GatewayActor(settings)));
        _replicas = [_kit.CreateTestProbe(), _kit.CreateTestProbe()];
        for (var i = 0; i < 2; i++)
        {
            _gateway.Tell(new ReplicaJoined(i, _replicas[i]));
            _replicas[i].ExpectMsg<SubscribeToReplica>();
            _gateway.Tell(new ReplicaStatus(i, 1, ReplicaState.Serving, null, default), _replicas[i]);
        }
    }

    [TearDown]
    public Task Stop() => _kit.Sys.Terminate();

    [Test]
    public void OpenRequest_TwoReplicas_TakeTurnsByLoad()
    {
        Open("a", choices: 3);
        Open("b");
        Open("c");

        Assert.That(_replicas[0].ExpectMsg<SubmitRequest>().Request.RequestId, Is.EqualTo("a"));
        Assert.That(_replicas[1].ExpectMsg<SubmitRequest>().Request.RequestId, Is.EqualTo("b"));
        Assert.That(_replicas[1].ExpectMsg<SubmitRequest>().Request.RequestId, Is.EqualTo("c"));
    }

    [Test]
    public void StepOutput_EventsAfterTheTerminalOne_AreDropped()
    {
        var stream = Open("a");
        var output = new StepOutput(0, 1, [new("a", GenerationCompleted.Instance)], default);
        _gateway.Tell(output, _replicas[0]);
        _gateway.Tell(output, _replicas[0]);

        _kit.AwaitCondition(() => stream.TryRead(out var what) && what is GenerationCompleted);
        Assert.That(stream.TryRead(out _), Is.False);
    }

    [Test]
    public void StepOutput_FromAReplicaThatDoesNotOwnTheRequest_IsDropped()
    {
        var stream = Open("a");
        _gateway.Tell(new StepOutput(1, 1, [new("a", GenerationCompleted.Instance)], default), _replicas[1]);
        _gateway.Tell(new StepOutput(0, 1, [new("a", new GenerationStarted(7))], default), _replicas[0]);

        _kit.AwaitCondition(() => stream.TryRead(out var what) && what is GenerationStarted);
        Assert.That(stream.TryRead(out _), Is.False);
    }

    [Test]
    public void Terminated_Replica_EndsItsRequestsAndTheOtherServesOn()
    {
        var stream = Open("a");
        _kit.Sys.Stop(_replicas[0]);

        _kit.AwaitCondition(() => stream.TryRead(out var what) && what is GenerationFailed { Kind: FailureKind.ComputeFault });
        Open("b");
        Assert.That(_replicas[1].ExpectMsg<SubmitRequest>().Request.RequestId, Is.EqualTo("b"));
    }

    [Test]
    public void Restart_AfterAFault_EndsWhatItHadAndFindsItsReplicasAgain()
    {
        var stream = Open("a");
        _replicas[0].ExpectMsg<SubmitRequest>();
        // No outputs at all, not even none: a bug that the actor is not made for.
        _gateway.Tell(new StepOutput(0, 1, default, default), _replicas[0]);

        _kit.AwaitCondition(() => stream.TryRead(out var what) && what is GenerationFailed);
        _replicas[0].FishForMessage(message => message is SubscribeToReplica);
    }

    [Test]
    public void ReplicaStatus_OfAnOlderEpoch_IsDropped()
    {
        _gateway.Tell(new ReplicaStatus(0, 5, ReplicaState.Failed, "first", default), _replicas[0]);
        _gateway.Tell(new ReplicaStatus(0, 4, ReplicaState.Serving, null, default), _replicas[0]);
        _gateway.Tell(new StepOutput(0, 4, [], new ReplicaLoad(0, 0, 77, 0)), _replicas[0]);

        Open("a");

        _replicas[1].ExpectMsg<SubmitRequest>();
        Assert.That(_board.Health.FreeKvBlocks, Is.Zero);
    }

    [Test]
    public void ReplicaJoined_InThePlaceOfAnother_EndsTheRequestsOfThatOne()
    {
        var stream = Open("a");
        _gateway.Tell(new ReplicaJoined(0, _replicas[1]));

        _kit.AwaitCondition(() => stream.TryRead(out var what) && what is GenerationFailed { Kind: FailureKind.ComputeFault });
    }

    [Test]
    public void ReaderGone_OfAnOtherStream_DoesNotEndTheRequest()
    {
        var stream = Open("a");
        _replicas[0].ExpectMsg<SubmitRequest>();
        _gateway.Tell(new ReaderGone("a", new RequestStream()));
        _gateway.Tell(new ReaderGone("a", stream));

        Assert.That(_replicas[0].ExpectMsg<AbortRequest>().RequestId, Is.EqualTo("a"));
        Assert.That(stream.TryRead(out var what) ? what : null, Is.TypeOf<GenerationFailed>());
    }

    [Test]
    public void DrainGateway_RequestsLeft_AnswersWhenTheLastHasEnded()
    {
        var stream = Open("a");
        _gateway.Tell(DrainGateway.Instance, _kit.TestActor);
        var late = Open("late");
        _kit.AwaitCondition(() => late.TryRead(out var what) && what is GenerationFailed { Kind: FailureKind.Unavailable });
        _gateway.Tell(new StepOutput(0, 1, [new("a", GenerationCompleted.Instance)], default), _replicas[0]);

        _kit.ExpectMsg<GatewayDrained>();
        Assert.That(stream.TryRead(out var last) ? last : null, Is.TypeOf<GenerationCompleted>());
        Assert.That(_board.Health.State, Is.EqualTo(RuntimeState.Draining));
    }

    private RequestStream Open(string id, int choices = 1)
    {
        var stream = new RequestStream();
        _gateway.Tell(new OpenRequest(Requests.Of(id, [1, 2], 5, choices), stream));
        return stream;
    }
}
