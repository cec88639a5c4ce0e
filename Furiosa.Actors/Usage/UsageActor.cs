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
            if (lost.IsGone) _ledger.Forget(lost.Address);
            else _ledger.Lose(lost.Address);
        });
        Receive<GatewayUsage>(usage =>
        {
            if (Sender.Path.Address.ToString() is var sender && _gateways.ContainsKey(sender)) _ledger.Hear(sender, usage);
        });
        Receive<Exchange>(_ => Tell());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(Exchange), Exchange.Instance, Interval);

    private void Tell()
    {
        if (_gateways.Count == 0) return;
        var (countedFor, accounts) = _ledger.ToTell();
        // Also without any account: that it is there is worth knowing.
        var messages = accounts.IsEmpty ? [[]] : accounts.Chunk(MostAccounts);
        foreach (var some in messages)
        {
            var usage = new GatewayUsage(_cluster.SelfUniqueAddress.Uid, countedFor, some.ToImmutableArray());
            foreach (var gateway in _gateways.Values) gateway.Tell(usage, Self);
        }
    }

    private sealed record Exchange : ILocalMessage
    {
        public static Exchange Instance { get; } = new();
    }
}
