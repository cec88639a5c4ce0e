using System.Collections.Immutable;
using Akka.Actor;
using Furiosa.Actors.Cluster;
using Furiosa.Actors.Exchange;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Actors.Exchange;

/// <summary>Two gateways' exchanges in actor systems of their own, which talk over sockets.</summary>
internal sealed class ExchangeActorTests
{
    private Node _asker = null!;
    private Node _keeper = null!;

    [SetUp]
    public void Start()
    {
        (_asker, _keeper) = (new Node("asker"), new Node("keeper"));
        _asker.See(_keeper);
        _keeper.See(_asker);
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _asker.System.Terminate();
        await _keeper.System.Terminate();
    }

    [Test]
    public async Task Ask_AnotherGateway_GivesItsAnswer()
    {
        _keeper.Exchange.Answer(question => Task.FromResult(question.ToArray().Reverse().ToArray()));

        Assert.That(await _asker.Exchange.AskAsync(_keeper.Name, [1, 2, 3]), Is.EqualTo(new byte[] { 3, 2, 1 }));
    }

    /// <summary>Large ones travel in parts, and those of several at once do not mix.</summary>
    [Test]
    public async Task Ask_ManyAtOnceForLargeAnswers_GivesEachItsOwn()
    {
        _keeper.Exchange.Answer(question => Task.FromResult(Enumerable.Repeat(question.Span[0], 300_000 + question.Span[0]).ToArray()));

        var answers = await Task.WhenAll(Enumerable.Range(1, 8).Select(i => _asker.Exchange.AskAsync(_keeper.Name, Enumerable.Repeat((byte)i, 100_000).ToArray())));

        Assert.That(answers.Select(answer => answer?.Length), Is.EqualTo(Enumerable.Range(1, 8).Select(i => 300_000 + i)));
        Assert.That(answers.Select((answer, i) => answer!.All(one => one == i + 1)), Is.All.True);
    }

    [Test]
    public async Task Ask_WhatCannotBeAnswered_GivesNothingOrSaysThatItIsThere()
    {
        Assert.That(await _asker.Exchange.AskAsync("nobody", [1]), Is.Null, "no such gateway");
        Assert.That(() => _asker.Exchange.AskAsync(_keeper.Name, [1]), Throws.InstanceOf<TimeoutException>(), "it does not serve yet");
        _keeper.Exchange.Answer(_ => throw new InvalidOperationException("a defect"));
        Assert.That(() => _asker.Exchange.AskAsync(_keeper.Name, [1]), Throws.InstanceOf<TimeoutException>(), "it failed");
        _keeper.Exchange.Answer(_ => Task.FromResult(new byte[IGatewayExchange.MostAnswerBytes + 1]));
        Assert.That(() => _asker.Exchange.AskAsync(_keeper.Name, [1]), Throws.InstanceOf<TimeoutException>(), "the answer is too large");
        Assert.That(await _asker.Exchange.AskAsync(GatewayName.Of("keeper", 2), [1]), Is.Null, "a later process of that node");
    }

    [Test]
    public async Task Ask_GatewayThatIsLostMeanwhile_GivesNothingAtOnce()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var never = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        _keeper.Exchange.Answer(_ =>
        {
            asked.TrySetResult();
            return never.Task;
        });
        var answer = _asker.Exchange.AskAsync(_keeper.Name, [1]);
        await asked.Task.WaitAsync(Patience.Longest);

        _asker.Actor.Tell(new NodeLost(_keeper.Address, "as the test says", IsGone: false));

        Assert.That(await answer, Is.Null);
        Assert.That(await _asker.Exchange.AskAsync(_keeper.Name, [1]), Is.Null);
        _keeper.Exchange.Answer(question => Task.FromResult(question.ToArray()));
        _asker.See(_keeper);
        Assert.That(await _asker.Exchange.AskAsync(_keeper.Name, [4]), Is.EqualTo(new byte[] { 4 }), "it is heard again");
    }

    [Test]
    public async Task Answer_OfSomebodyWhoWasNotAsked_IsNotTaken()
    {
        _keeper.Exchange.Answer(question =>
        {
            _asker.Actor.Tell(new GatewayAnswer(1, [9]), _asker.System.DeadLetters);
            return Task.FromResult(question.ToArray());
        });

        Assert.That(await _asker.Exchange.AskAsync(_keeper.Name, [1]), Is.EqualTo(new byte[] { 1 }));
    }

    private sealed class Node
    {
        public Node(string name)
        {
            var settings = AkkaConfiguration.Build(new RuntimeOptions
            {
                ModelDirectory = "",
                AkkaHocon = """
                    akka.actor.provider = remote
                    akka.remote.dot-netty.tcp.hostname = "127.0.0.1"
                    akka.remote.dot-netty.tcp.port = 0
                    akka.log-dead-letters = off
                    akka.loglevel = OFF
                    akka.stdout-loglevel = OFF
                    """,
            });
            System = ActorSystem.Create("furiosa", settings);
            Address = ((ExtendedActorSystem)System).Provider.DefaultAddress.ToString();
            Name = GatewayName.Of(name, 1);
            var answers = new GatewayAnswers();
            Actor = System.ActorOf(Props.Create(() => new ExchangeActor(answers)), ExchangeActor.Name);
            Exchange = new GatewayExchange(Actor, answers, Name);
            Description = new NodeDescription(name, Address, 1, 0, NodeRoles.Gateway, "", "", false, [], default, [], 0, ImmutableArray<string>.Empty) { Process = 1 };
        }

        public ActorSystem System { get; }

        public string Address { get; }

        public string Name { get; }

        public IActorRef Actor { get; }

        public GatewayExchange Exchange { get; }

        private NodeDescription Description { get; }

        public void See(Node other) => Actor.Tell(new NodeSeen(other.Description, []));
    }
}
