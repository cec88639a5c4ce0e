using Akka.Actor;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Replicas;

/// <summary>What outlives a restart of a replica's actor: the gateways' sessions, the epoch, whether it ever served, and whether it drains.</summary>
/// <param name="firstEpoch">Epochs are above this.</param>
internal sealed class GatewaySessions(long firstEpoch = 0)
{
    private readonly Dictionary<IActorRef, GatewaySession> _sessions = [];

    // Epochs ascend over the actor's restarts, and over the process's by the clock.
    private long _epoch = Math.Max(firstEpoch, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());

    /// <summary>Whether the replica has served: then its configuration is sound, and it is worth trying again.</summary>
    public bool HasServed { get; set; }

    /// <summary>Whether it is to take nothing new.</summary>
    public bool IsDraining { get; set; }

    /// <summary>Begins another epoch.</summary>
    /// <param name="above">An epoch that others know of: another home's clock may be ahead of this one's.</param>
    public long NextEpoch(long above = 0) => _epoch = Math.Max(Math.Max(_epoch, above) + 1, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());

    /// <summary>Opens a gateway's session in the place of any that it had.</summary>
    public GatewaySession Open(IActorRef gateway, long id) => _sessions[gateway] = new GatewaySession(gateway, id);

    /// <summary>The gateways of a node that have a session.</summary>
    public IReadOnlyList<IActorRef> At(string node) => [.. _sessions.Keys.Where(gateway => gateway.Path.Address.ToString() == node)];

    public void Close(IActorRef gateway) => _sessions.Remove(gateway);

    /// <summary>The session that a message belongs to; null when it is unknown, or messages before this one were lost.</summary>
    public GatewaySession? Take(IActorRef gateway, ISessionMessage message)
    {
        if (!_sessions.TryGetValue(gateway, out var session)) return null;
        return session.TryTake(message.Serial) ? session : null;
    }

    /// <summary>The session of a gateway, whatever came of it.</summary>
    public GatewaySession? Find(IActorRef gateway) => _sessions.GetValueOrDefault(gateway);

    /// <summary>Tells all gateways something that may be lost without harm.</summary>
    public void TellUnmarked(object message, IActorRef sender)
    {
        foreach (var session in _sessions.Values) session.Gateway.Tell(message, sender);
    }

    public void Tell(Func<SessionMark, object> message, IActorRef sender)
    {
        foreach (var session in _sessions.Values) session.Gateway.Tell(message(session.Next()), sender);
    }
}

/// <summary>The session of one gateway: messages both ways are numbered, so that neither side goes on where some were lost.</summary>
internal sealed class GatewaySession(IActorRef gateway, long id)
{
    private long _sent;
    private long _received;

    public IActorRef Gateway { get; } = gateway;

    /// <summary>The mark of the next message to the gateway.</summary>
    public SessionMark Next() => new(id, _sent++, _received);

    /// <summary>The mark that ends the session.</summary>
    public SessionMark Broken => new(id, -1, _received);

    public bool TryTake(long serial)
    {
        if (serial != _received + 1) return false;
        _received = serial;
        return true;
    }
}
