using System.Globalization;
using Akka.Actor;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using AkkaCluster = Akka.Cluster.Cluster;

namespace Furiosa.Actors.Cluster;

/// <summary>Makes a started actor system a node of a cluster.</summary>
internal static class ClusterMember
{
    /// <summary>Joins, and returns when the node is a member.</summary>
    /// <param name="system">The node's actor system.</param>
    /// <param name="options">How the node takes part.</param>
    /// <param name="make">Completes what the actor that knows the other nodes is made with.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The actor that knows the other nodes.</returns>
    public static async Task<IActorRef> JoinAsync(
        ActorSystem system, ClusterOptions options, Func<Address, IReadOnlyList<Address>, PeerSettings> make, CancellationToken cancellation)
    {
        var cluster = AkkaCluster.Get(system);
        var up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var settings = make(cluster.SelfAddress, [.. options.SeedNodes.Select(seed => Parse(seed, cluster.SelfAddress))]) with { Taken = () => up.TrySetResult() };
        cluster.RegisterOnMemberRemoved(() =>
        {
            if (!up.TrySetException(new RuntimeStartException("The node could not join: what it tells the others is not taken. The log lines above say why; are its certificates of this cluster?") { MayPass = true })) settings.Removed();
        });
        var peers = system.ActorOf(Props.Create(() => new PeerActor(settings)), PeerActor.Name);
        peers.Tell(JoinCluster.Instance, ActorRefs.NoSender);
        await up.Task.WaitAsync(cancellation).ConfigureAwait(false);
        return peers;
    }

    /// <summary>Reads <c>host:port</c>.</summary>
    private static Address Parse(string seed, Address self)
    {
        var colon = seed.LastIndexOf(':');
        return self.WithHost(seed[..colon]).WithPort(int.Parse(seed[(colon + 1)..], CultureInfo.InvariantCulture));
    }
}
