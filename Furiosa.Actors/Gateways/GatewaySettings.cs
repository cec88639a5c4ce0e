using Furiosa.Actors.Protocol;
using Furiosa.Actors.Routing;

namespace Furiosa.Actors.Gateways;

/// <summary>What a gateway's actor is made with.</summary>
internal sealed record GatewaySettings(int MaxQueuedRequests, RuntimeBoard Board)
{
    /// <summary>How long a request waits for a replica when there is none; zero for not at all.</summary>
    public TimeSpan CapacityWait { get; init; }

    /// <summary>A replica that was not heard of for this long counts as lost; null where all are of this process.</summary>
    public TimeSpan? SilenceTimeout { get; init; }

    /// <summary>Makes what picks replicas.</summary>
    public Func<IReplicaRouter> Router { get; set; } = () => ReplicaRouters.Make("scoring", "balanced");

    /// <summary>How often silence and waiting are looked at.</summary>
    public TimeSpan Pace { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The replicas that joined; kept when the actor is restarted.</summary>
    public List<ReplicaJoined> Replicas { get; } = [];
}
