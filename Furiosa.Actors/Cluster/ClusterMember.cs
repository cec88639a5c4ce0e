using Akka.Actor;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Mesh;
using AkkaCluster = Akka.Cluster.Cluster;

namespace Furiosa.Actors.Cluster;

/// <summary>Makes a started actor system a node of a cluster.</summary>
internal static class ClusterMember
{
    /// <summary>Joins, and returns when the node is a member.</summary>
    /// <param name="system">The node's actor system.</param>
    /// <param name="options">What is served, and how the node takes part.</param>
    /// <param name="model">Fingerprint of the model.</param>
    /// <param name="pes">What the node offers.</param>
    /// <param name="listeners">Who is told of other nodes.</param>
    /// <param name="refused">Called when the cluster does not want the node.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The actor that knows the other nodes.</returns>
    public static async Task<IActorRef> JoinAsync(
        ActorSystem system, RuntimeOptions options, string model, IEnumerable<PeId> pes, IReadOnlyList<IActorRef> listeners, Action<string> refused,
        CancellationToken cancellation)
    {
        var cluster = AkkaCluster.Get(system);
        var how = options.Cluster!;
        var address = cluster.SelfAddress;
        var weights = options.Role.HasFlag(NodeRoles.Device) ? ModelFingerprint.OfWeights(options.ModelDirectory) : "";
        var self = new NodeDescription(
            how.NodeName ?? $"{how.Hostname}:{address.Port}", address.ToString(), cluster.SelfUniqueAddress.Uid, 0, options.Role, model, weights, IsDraining: false, [.. pes], []);
        List<Address> seeds = [.. how.SeedNodes.Select(seed => Parse(seed, address))];
        var settings = new PeerSettings(self, seeds, how.BeatInterval, how.SilenceTimeout, listeners, refused);
        var up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.RegisterOnMemberUp(() => up.TrySetResult());
        cluster.RegisterOnMemberRemoved(() => up.TrySetException(new RuntimeStartException("The cluster removed this node before it had joined.")));
        var peers = system.ActorOf(Props.Create(() => new PeerActor(settings)), PeerActor.Name);
        peers.Tell(JoinCluster.Instance, ActorRefs.NoSender);
        await up.Task.WaitAsync(cancellation).ConfigureAwait(false);
        return peers;
    }

    /// <summary>Reads <c>host:port</c>.</summary>
    private static Address Parse(string seed, Address self)
    {
        var colon = seed.LastIndexOf(':');
        return self.WithHost(seed[..colon]).WithPort(int.Parse(seed[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture));
    }
}
