using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Akka.Actor;
using Furiosa.Actors.Cluster;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Serialization;

namespace Furiosa.Actors.Exchange;

/// <summary>
/// Carries questions from gateway to gateway. A gateway that is lost answers nothing more, and whoever waits for it is told at once;
/// how many questions wait, how long, and how large an answer may be is bounded.
/// </summary>
internal sealed class ExchangeActor : ReceiveActor, IWithTimers
{
    /// <summary>Name of this actor on every gateway.</summary>
    public const string Name = "exchange";

    private const int MostAsked = 1024;
    private const int MostAnswering = 256;

    private readonly Dictionary<string, Known> _gateways = [];
    private readonly Dictionary<long, Waiting> _asked = [];
    private readonly PartCollector _parts = new();
    private readonly string _self = ((ExtendedActorSystem)Context.System).Provider.DefaultAddress.ToString();
    private readonly GatewayAnswers _answers;
    private int _answering;
    private long _last;

    public ExchangeActor(GatewayAnswers answers)
    {
        _answers = answers;
        Receive<NodeSeen>(seen => See(seen.Node));
        Receive<NodeLost>(lost => Forget(lost.Address));
        Receive<AskGateway>(Ask);
        Receive<GatewayQuestion>(Answer);
        Receive<Made>(made =>
        {
            _answering--;
            Courier.Tell(made.To, new GatewayAnswer(made.Id, made.Answer), Self);
        });
        Receive<GatewayAnswer>(answer => Answered(answer.Id, answer.Answer, Sender.Path.Address.ToString()));
        Receive<GiveUp>(late => Answered(late.Id, [], null));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override bool AroundReceive(Receive receive, object message)
    {
        if (message is not MessagePart part) return base.AroundReceive(receive, message);
        return _parts.Add(Sender, part) is not { } whole || base.AroundReceive(receive, whole);
    }

    protected override void PostRestart(Exception reason)
    {
        base.PostRestart(reason);
        PeerActor.AskAgain(Context);
    }

    private void See(NodeDescription node)
    {
        if (!node.IsGateway || node.Address == _self) return;
        var name = GatewayName.Of(node.Name, node.Process);
        if (_gateways.ContainsKey(name)) return;
        Forget(node.Address);
        _gateways[name] = new Known(node.Address, Context.ActorSelection($"{node.Address}/user/{Name}"));
    }

    private void Forget(string address)
    {
        foreach (var name in _gateways.Where(known => known.Value.Address == address).Select(known => known.Key).ToList()) _gateways.Remove(name);
        foreach (var id in _asked.Where(asked => asked.Value.Address == address).Select(asked => asked.Key).ToList()) Answered(id, [], null, isGone: true);
    }

    private void Ask(AskGateway ask)
    {
        if (!_gateways.TryGetValue(ask.Gateway, out var gateway) || _asked.Count >= MostAsked)
        {
            Sender.Tell(new ExchangeAnswered([], IsBusy: gateway is not null));
            return;
        }
        var id = ++_last;
        _asked[id] = new Waiting(Sender, gateway.Address);
        Timers.StartSingleTimer(id, new GiveUp(id), IGatewayExchange.Patience);
        Courier.Tell(gateway.Exchange, new GatewayQuestion(id, ask.Question), Self);
    }

    // Parts of answers must not mix, so they are all sent from here.
    private void Answer(GatewayQuestion question)
    {
        if (_answers.Make is not { } make || _answering >= MostAnswering)
        {
            Sender.Tell(new GatewayAnswer(question.Id, []));
            return;
        }
        _answering++;
        var asker = Sender;
        MakeAsync(make, question.Question).PipeTo(
            Self,
            success: bytes => new Made(asker, question.Id, ImmutableCollectionsMarshal.AsImmutableArray(bytes)),
            failure: _ => new Made(asker, question.Id, []));
    }

    private static async Task<byte[]> MakeAsync(Func<ImmutableArray<byte>, Task<byte[]>> answer, ImmutableArray<byte> question)
    {
        await Task.Yield();
        var bytes = await answer(question).ConfigureAwait(false);
        return bytes.Length <= IGatewayExchange.MostAnswerBytes ? bytes : [];
    }

    // Only the gateway that was asked may answer.
    private void Answered(long id, ImmutableArray<byte> answer, string? from, bool isGone = false)
    {
        if (!_asked.TryGetValue(id, out var waiting) || (from is not null && from != waiting.Address)) return;
        _asked.Remove(id);
        Timers.Cancel(id);
        waiting.Asker.Tell(new ExchangeAnswered(answer, IsBusy: answer.IsEmpty && !isGone));
    }

    private sealed record Known(string Address, ActorSelection Exchange);

    private sealed record Waiting(IActorRef Asker, string Address);

    private sealed record Made(IActorRef To, long Id, ImmutableArray<byte> Answer) : ILocalMessage;

    private sealed record GiveUp(long Id) : ILocalMessage;
}
