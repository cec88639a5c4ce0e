using Akka.Actor;
using Akka.TestKit;
using Furiosa.Actors.Gateways;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Streams;
using Furiosa.Tests.Actors.Scheduling;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Actors.Gateways;

/// <summary>Requests that outlive the gateway's actor, as when its node leaves a cluster and joins again.</summary>
internal sealed class GenerationClientTests
{
    private readonly RequestTable _table = new();
    private ActorKit _kit = null!;
    private GenerationClient _client = null!;

    [SetUp]
    public void Start()
    {
        _kit = new ActorKit();
        _client = new GenerationClient(_table);
    }

    [TearDown]
    public Task Stop() => _kit.Sys.Terminate();

    [Test]
    public async Task Attach_AfterTheFirstGatewayHasEnded_RequestsGoOnWhereTheyWere()
    {
        var (first, replica, session) = StartGateway();
        _client.Attach(first);
        var stream = new RequestStream();
        _client.Open(Requests.Of("a", [1, 2], 5, 1), stream);
        replica.ExpectMsg<SubmitRequest>();
        first.Tell(new StepOutput(0, 1, new(session, 1, long.MaxValue), [new("a", new GenerationStarted(0)), new("a", new TokensGenerated(0, [new GeneratedToken(11, float.NaN, default)], null, null))], default), replica);
        _kit.AwaitCondition(() => stream.TryRead(out var what) && what is TokensGenerated);

        await _client.DetachAsync(Patience.Longest);
        await first.GracefulStop(Patience.Longest);
        var late = new RequestStream();
        _client.Open(Requests.Of("late", [3], 5, 1), late);
        var (second, next, _) = StartGateway();
        _client.Attach(second);

        var resumed = next.ExpectMsg<SubmitRequest>().Request;
        Assert.That(resumed.RequestId, Is.EqualTo("a+1"));
        Assert.That(resumed.Resume!.Choices.Single().Tokens, Is.EqualTo((int[])[11]));
        Assert.That(resumed.Resume.Deaths, Is.Zero);
        Assert.That(next.ExpectMsg<SubmitRequest>().Request.RequestId, Is.EqualTo("late"));
        Assert.That(stream.HasEnded || late.HasEnded, Is.False);
    }

    [Test]
    public async Task Attach_ReaderHasGoneMeanwhile_ItsRequestIsNotTakenUp()
    {
        var (first, replica, _) = StartGateway();
        _client.Attach(first);
        var stream = new RequestStream();
        _client.Open(Requests.Of("a", [1, 2], 5, 1), stream);
        replica.ExpectMsg<SubmitRequest>();

        await _client.DetachAsync(Patience.Longest);
        _client.Close("a", stream, isCancelled: true);
        var (second, next, _) = StartGateway();
        _client.Attach(second);
        _client.Open(Requests.Of("b", [1], 5, 1), new RequestStream());

        Assert.That(next.ExpectMsg<SubmitRequest>().Request.RequestId, Is.EqualTo("b"));
    }

    [Test]
    public async Task EndKept_NoOtherGatewayCame_EndsEachRequestOnce()
    {
        var (first, _, _) = StartGateway();
        _client.Attach(first);
        var (stream, late) = (new RequestStream(), new RequestStream());
        _client.Open(Requests.Of("a", [1, 2], 5, 1), stream);
        var detachment = await _client.DetachAsync(Patience.Longest);
        _client.Open(Requests.Of("late", [3], 5, 1), late);

        _client.EndKept(detachment - 1, new GenerationFailed(FailureKind.Unavailable, "of an earlier time"));
        Assert.That(stream.HasEnded || late.HasEnded, Is.False);
        _client.EndKept(detachment, new GenerationFailed(FailureKind.Unavailable, "too late"));

        Assert.That(stream.TryRead(out var what) ? what : null, Is.TypeOf<GenerationFailed>());
        Assert.That(late.TryRead(out what) ? what : null, Is.TypeOf<GenerationFailed>());

        var (later, served) = (new RequestStream(), new RequestStream());
        _client.Open(Requests.Of("later", [3], 5, 1), later);
        Assert.That(later.TryRead(out what) ? what : null, Is.TypeOf<GenerationFailed>(), "nobody waits twice as long");
        var (second, next, _) = StartGateway();
        _client.Attach(second);
        _client.Open(Requests.Of("served", [3], 5, 1), served);
        Assert.That(next.ExpectMsg<SubmitRequest>().Request.RequestId, Is.EqualTo("served"));
    }

    /// <summary>A gateway with one replica that serves.</summary>
    private (IActorRef Gateway, TestProbe Replica, long Session) StartGateway()
    {
        var settings = new GatewaySettings(100, new RuntimeBoard(1));
        var gateway = _kit.Sys.ActorOf(Props.Create(() => new GatewayActor(settings)));
        var replica = _kit.CreateTestProbe();
        gateway.Tell(new ReplicaJoined(0, replica));
        var session = replica.ExpectMsg<SubscribeToReplica>().Session;
        gateway.Tell(new ReplicaStatus(0, 1, new(session, 0, long.MaxValue), ReplicaState.Serving, null, default), replica);
        return (gateway, replica, session);
    }
}
