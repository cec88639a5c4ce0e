using System.Collections.Immutable;
using Akka.Actor;
using Furiosa.Actors.Protocol;
using AkkaCluster = Akka.Cluster.Cluster;

namespace Furiosa.Actors.Usage;

/// <summary>Tells the other gateways once a second what the clients of this one use, and hears the same of them.</summary>
internal sealed class UsageActor : ReceiveActor, IWithTimers
{
    /// <summary>Name of this actor at every gateway.</summary>
    public const string Name = "usage";

    /// <summary>How often: the time for which gateways may count apart.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // Names and five numbers each: well below what one message of Akka.Remote may have.
    private const int MostAccounts = 500;

    private readonly UsageLedger _ledger;
    private readonly Dictionary<string, ActorSelection> _gateways = [];
    private readonly HashSet<string> _answered = [];
    private readonly HashSet<string> _open = [];
    private readonly AkkaCluster _cluster = AkkaCluster.Get(Context.System);

    public UsageActor(UsageLedger ledger)
    {
        _ledger = ledger;
        Receive<NodeSeen>(seen =>
        {
            if (!seen.Node.IsGateway || seen.Node.Address == _cluster.SelfAddress.ToString()) return;
            _gateways[seen.Node.Address] = Context.ActorSelection($"{seen.Node.Address}/user/{Name}");
        });
        Receive<NodeLost>(lost =>
        {
            _gateways.Remove(lost.Address);
            _answered.Remove(lost.Address);
            _open.Remove(lost.Address);
            if (lost.IsGone) _ledger.Forget(lost.Address);
            else _ledger.Lose(lost.Address);
        });
        Receive<GatewayUsage>(usage =>
        {
            if (Sender.Path.Address.ToString() is not { } sender || !_gateways.ContainsKey(sender) || !_ledger.Hear(sender, usage)) return;
            _open.Add(sender);
            Sender.Tell(AskSpending.Instance, Self);
        });
        Receive<AskSpending>(_ =>
        {
            foreach (var some in Pages(_ledger.SpendingKnown())) Sender.Tell(new SpendingTold([.. some]), Self);
        });
        Receive<SpendingTold>(told =>
        {
            var sender = Sender.Path.Address.ToString();
            if (!_gateways.ContainsKey(sender)) return;
            _answered.Add(sender);
            _open.Remove(sender);
            _ledger.HearSpending(told.Accounts);
        });
        Receive<Exchange>(_ => Tell());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(Exchange), Exchange.Instance, Interval);

    private void Tell()
    {
        if (_gateways.Count == 0) return;
        var (countedFor, accounts) = _ledger.ToTell();
        foreach (var some in Pages(accounts))
        {
            var usage = new GatewayUsage(_cluster.SelfUniqueAddress.Uid, countedFor, some.ToImmutableArray());
            foreach (var gateway in _gateways.Values) gateway.Tell(usage, Self);
        }
        // Until it is answered: what was used before this process began, or before it heard of it, the others know.
        if (!_ledger.IsListenedTo) return;
        foreach (var (_, gateway) in _gateways.Where(gateway => _open.Contains(gateway.Key) || (_ledger.IsNew && !_answered.Contains(gateway.Key)))) gateway.Tell(AskSpending.Instance, Self);
    }

    // Also without any account: that it is there is worth knowing.
    private static IEnumerable<T[]> Pages<T>(IReadOnlyCollection<T> accounts) => accounts.Count == 0 ? [[]] : accounts.Chunk(MostAccounts);

    private sealed record Exchange : ILocalMessage
    {
        public static Exchange Instance { get; } = new();
    }
}
