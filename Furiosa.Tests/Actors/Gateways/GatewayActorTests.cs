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
    private long[] _sessions = null!;
    private long[] _serials = null!;

    [SetUp]
    public void Start()
    {
        _kit = new ActorKit();
        var settings = new GatewaySettings(100, _board);
        _gateway = _kit.Sys.ActorOf(Props.Create(() => new GatewayActor(settings)));
        (_sessions, _serials) = (new long[2], new long[2]);
        _replicas = [_kit.CreateTestProbe(), _kit.CreateTestProbe()];
        for (var i = 0; i < 2; i++)
        {
            _gateway.Tell(new ReplicaJoined(i, _replicas[i]));
            _sessions[i] = _replicas[i].ExpectMsg<SubscribeToReplica>().Session;
            _gateway.Tell(new ReplicaStatus(i, 1, Mark(i), ReplicaState.Serving, null, default), _replicas[i]);
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
        for (var i = 0; i < 2; i++) _gateway.Tell(new StepOutput(0, 1, Mark(0), [new("a", GenerationCompleted.Instance)], default), _replicas[0]);

        _kit.AwaitCondition(() => stream.TryRead(out var what) && what is GenerationCompleted);
        Assert.That(stream.TryRead(out _), Is.False);
    }

    [Test]
    public void StepOutput_FromAReplicaThatDoesNotOwnTheRequest_IsDropped()
    {
        var stream = Open("a");
        _gateway.Tell(new StepOutput(1, 1, Mark(1), [new("a", GenerationCompleted.Instance)], default), _replicas[1]);
        _gateway.Tell(new StepOutput(0, 1, Mark(0), [new("a", new GenerationStarted(7))], default), _replicas[0]);

        _kit.AwaitCondition(() => stream.TryRead(out var what) && what is GenerationStarted);
        Assert.That(stream.TryRead(out _), Is.False);
    }

    [Test]
    public void Terminated_Replica_ItsRequestsGoOnAtTheOther()
    {
        var stream = Open("a");
        _gateway.Tell(new StepOutput(0, 1, Mark(0), [new("a", new GenerationStarted(0)), new("a", Token(11)), new("a", Token(12))], default), _replicas[0]);
        var ids = new List<int>();
        ReadUntil(11, 12);
        _kit.Sys.Stop(_replicas[0]);

        var moved = _replicas[1].ExpectMsg<SubmitRequest>().Request;
        Assert.That(moved.RequestId, Is.EqualTo("a+1"));
        Assert.That(moved.Resume!.Choices.Single().Tokens, Is.EqualTo(new[] { 11, 12 }));
        _gateway.Tell(new StepOutput(1, 1, Mark(1), [new("a+1", new GenerationStarted(0)), new("a+1", Token(13)), new("a+1", GenerationCompleted.Instance)], default), _replicas[1]);
        ReadUntil(11, 12, 13);
        _kit.AwaitCondition(() => stream.TryRead(out var last) && last is GenerationCompleted);

        // What is not read at once is gathered.
        void ReadUntil(params int[] expected) => _kit.AwaitCondition(() =>
        {
            while (ids.Count < expected.Length && stream.TryRead(out var what))
                if (what is TokensGenerated news) ids.AddRange(news.Tokens.Select(token => token.Id));
            return ids.SequenceEqual(expected);
        });
    }

    [Test]
    public void StepOutput_AfterAGap_RequestsGoOnElsewhereAndTheSessionBeginsAnew()
    {
        Open("a");
        _replicas[0].ExpectMsg<SubmitRequest>();
        _serials[0]++;
        _gateway.Tell(new StepOutput(0, 1, Mark(0), [new("a", new GenerationStarted(0))], default), _replicas[0]);

        Assert.That(_replicas[0].ExpectMsg<SubscribeToReplica>().Session, Is.GreaterThan(_sessions[0]));
        Assert.That(_replicas[1].ExpectMsg<SubmitRequest>().Request.RequestId, Is.EqualTo("a+1"));
    }

    [Test]
    public void StepOutput_ReplicaFailsThreeTimesUnderARequestAlone_EndsTheRequest()
    {
        var stream = Open("a");
        for (var death = 0; death < 3; death++)
        {
            var attempt = _replicas[0].ExpectMsg<SubmitRequest>().Request;
            Assert.That(attempt.Resume?.Deaths ?? 0, Is.EqualTo(death));
            _gateway.Tell(Events(Mark(0), attempt, new GenerationStarted(0), ComputedAlone.Instance, new GenerationInterrupted("it died", IsFault: true)), _replicas[0]);
        }

        _kit.AwaitCondition(() => stream.TryRead(out var what) && what is GenerationFailed { Kind: FailureKind.ComputeFault });
    }

    /// <summary>A process that dies three times while it computes one request and nothing else is killed by it.</summary>
    [Test]
    public void NodeLost_DiesThreeTimesUnderARequestAlone_EndsTheRequest()
    {
        var (stream, deaths) = LoseNodes(3, hasEnded: true, isGone: false, new GenerationStarted(0), ComputedAlone.Instance);

        Assert.That(deaths, Is.EqualTo(new[] { 0, 1, 2 }));
        _kit.AwaitCondition(() => stream.TryRead(out var what) && what is GenerationFailed { Kind: FailureKind.ComputeFault });
    }

    /// <summary>Processes are killed by much else than requests: one of many that they computed is computed alone next, and no more.</summary>
    [Test]
    public void NodeLost_DiesAgainAndAgainUnderManyRequests_IsNotHeldAgainstOne()
    {
        var (stream, deaths) = LoseNodes(6, hasEnded: true, isGone: false, new GenerationStarted(0));

        Assert.That(deaths, Is.All.Zero);
        AssertIsStillThere(stream);
    }

    /// <summary>A token in between shows that a death was not the request's doing.</summary>
    [Test]
    public void NodeLost_AfterATokenEachTime_IsNotHeldAgainstTheRequest()
    {
        var (stream, deaths) = LoseNodes(6, hasEnded: true, isGone: false, new GenerationStarted(0), ComputedAlone.Instance, Token(7));

        Assert.That(deaths, Is.All.Zero);
        AssertIsStillThere(stream);
    }

    /// <summary>No request silences a node or takes it out of the cluster: that brings it no nearer to being given up, however often it happens.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public void NodeLost_SilentOrRemovedAgainAndAgain_IsNotHeldAgainstTheRequest(bool isGone)
    {
        var (stream, deaths) = LoseNodes(5, hasEnded: false, isGone, new GenerationStarted(0), ComputedAlone.Instance);

        Assert.That(deaths, Is.All.Zero);
        AssertIsStillThere(stream);
    }

    private (RequestStream Stream, List<int> Deaths) LoseNodes(int count, bool hasEnded, bool isGone, params GenerationEvent[] before)
    {
        const string node = "akka://furiosa@10.0.0.1:2552";
        var settings = new GatewaySettings(100, new RuntimeBoard(1)) { CapacityWait = TimeSpan.FromMinutes(5) };
        _gateway = _kit.Sys.ActorOf(Props.Create(() => new GatewayActor(settings)));
        var stream = Open("a");
        var deaths = new List<int>();
        for (var loss = 0; loss < count; loss++)
        {
            var replica = _kit.CreateTestProbe();
            _gateway.Tell(new ReplicaJoined(0, replica, node));
            var session = replica.ExpectMsg<SubscribeToReplica>().Session;
            _gateway.Tell(new ReplicaStatus(0, 1, new SessionMark(session, 0, long.MaxValue), ReplicaState.Serving, null, default), replica);
            var attempt = replica.ExpectMsg<SubmitRequest>().Request;

            deaths.Add(attempt.Resume?.Deaths ?? 0);
            _gateway.Tell(Events(new SessionMark(session, 1, long.MaxValue), attempt, before), replica);
            _gateway.Tell(new NodeLost(node, "as the test says", isGone) { HasEnded = hasEnded });
            // The next one is another process.
            if (!isGone) _gateway.Tell(new NodeLost(node, "it was removed from the cluster", IsGone: true));
        }
        return (stream, deaths);
    }

    private static StepOutput Events(SessionMark mark, GenerationRequest attempt, params GenerationEvent[] events) =>
        new(0, 1, mark, [.. events.Select(what => new RequestOutput(attempt.RequestId, what))], default);

    private void AssertIsStillThere(RequestStream stream)
    {
        _gateway.Tell(new CancelRequest("a"));
        GenerationEvent? last = null;
        _kit.AwaitCondition(() => stream.TryRead(out last) && last is GenerationFailed);
        Assert.That(last, Is.TypeOf<GenerationFailed>().With.Property(nameof(GenerationFailed.Kind)).EqualTo(FailureKind.Aborted));
    }

    [Test]
    public void Restart_AfterAFault_EndsWhatItHadAndFindsItsReplicasAgain()
    {
        var stream = Open("a");
        _replicas[0].ExpectMsg<SubmitRequest>();
        // No outputs at all, not even none: a bug that the actor is not made for.
        _gateway.Tell(new StepOutput(0, 1, Mark(0), default, default), _replicas[0]);

        _kit.AwaitCondition(() => stream.TryRead(out var what) && what is GenerationFailed);
        _replicas[0].FishForMessage(message => message is SubscribeToReplica);
    }

    [Test]
    public void ReplicaStatus_OfAnOlderEpoch_IsDropped()
    {
        _gateway.Tell(new ReplicaStatus(0, 5, Mark(0), ReplicaState.Failed, "first", default), _replicas[0]);
        _gateway.Tell(new ReplicaStatus(0, 4, Mark(0), ReplicaState.Serving, null, default), _replicas[0]);
        _gateway.Tell(new StepOutput(0, 4, Mark(0), [], new ReplicaLoad(0, 0, 77, 0)), _replicas[0]);

        Open("a");

        _replicas[1].ExpectMsg<SubmitRequest>();
        Assert.That(_board.Health.FreeKvBlocks, Is.Zero);
    }

    [Test]
    public void ReplicaJoined_InThePlaceOfAnother_TheRequestsOfThatOneGoOn()
    {
        Open("a");
        _gateway.Tell(new ReplicaJoined(0, _kit.CreateTestProbe()));

        Assert.That(_replicas[1].ExpectMsg<SubmitRequest>().Request.RequestId, Is.EqualTo("a+1"));
    }

    [Test]
    public void ReaderGone_OfAnOtherStream_DoesNotEndTheRequest()
    {
        var stream = Open("a");
        _replicas[0].ExpectMsg<SubmitRequest>();
        _gateway.Tell(new ReaderGone("a", new RequestStream()));
        _gateway.Tell(new ReaderGone("a", stream));

        Assert.That(_replicas[0].ExpectMsg<AbortRequest>().RequestId, Is.EqualTo("a"));
        _kit.AwaitCondition(() => stream.TryRead(out var what) && what is GenerationFailed);
    }

    [Test]
    public void DrainGateway_RequestsLeft_AnswersWhenTheLastHasEnded()
    {
        var stream = Open("a");
        _gateway.Tell(DrainGateway.Instance, _kit.TestActor);
        var late = Open("late");
        _kit.AwaitCondition(() => late.TryRead(out var what) && what is GenerationFailed { Kind: FailureKind.Unavailable });
        _gateway.Tell(new StepOutput(0, 1, Mark(0), [new("a", GenerationCompleted.Instance)], default), _replicas[0]);

        _kit.ExpectMsg<GatewayDrained>();
        Assert.That(stream.TryRead(out var last) ? last : null, Is.TypeOf<GenerationCompleted>());
        Assert.That(_board.Health.State, Is.EqualTo(RuntimeState.Draining));
    }

    private SessionMark Mark(int replica) => new(_sessions[replica], _serials[replica]++, long.MaxValue);

    private static TokensGenerated Token(int id) => new(0, [new GeneratedToken(id, float.NaN, default)], null, null);

    private RequestStream Open(string id, int choices = 1)
    {
        var stream = new RequestStream();
        _gateway.Tell(new OpenRequest(Requests.Of(id, [1, 2], 5, choices), stream));
        return stream;
    }
}
