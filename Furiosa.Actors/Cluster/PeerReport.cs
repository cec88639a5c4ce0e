using Furiosa.Actors.Hosting;
using Furiosa.Device.Mesh;

namespace Furiosa.Actors.Cluster;

/// <summary>Makes the report of a cluster out of what its nodes tell of themselves.</summary>
internal static class PeerReport
{
    public static ClusterReport Make(NodeDescription self, IReadOnlyCollection<Peer> peers)
    {
        var nodes = peers.Where(peer => peer.Node is not null).Select(peer => (Node: peer.Node!, peer.IsAlive)).Append((self, true))
            .OrderBy(entry => entry.Item1.Name, NaturalOrder.Instance).ToList();
        var alive = nodes.Where(entry => entry.Item2).Select(entry => entry.Item1).ToList();
        var seats = Seats(nodes.Where(entry => !entry.Item2).Select(entry => entry.Item1).Concat(alive));
        var joining = peers.Where(peer => peer.Node is null).Select(peer => new ClusterNodeReport("", peer.Address, "", "joining", "", false));
        return new ClusterReport(
            [.. nodes.Select(entry => Describe(entry.Item1, entry.Item2, entry.Item1 == self) with { Pes = Pes(entry.Item1, entry.Item2, seats) }), .. joining],
            [.. alive.SelectMany(Replicas).OrderBy(replica => replica.Index)],
            alive.MaxBy(node => node.PlanVersion)?.PlanNotices ?? []);
    }

    /// <summary>A place as people write it, e.g. <c>node1/npu:0:0-1</c>.</summary>
    public static string Show(PlacedStage stage) => string.Join(" + ", stage.Pes.GroupBy(pe => pe.Node).Select(part => $"{part.Key}/{DeviceSpec.Format([.. part.Select(pe => pe.Id)])}"));

    private static ClusterNodeReport Describe(NodeDescription node, bool isAlive, bool isSelf)
    {
        var isIdle = node.IsDraining && node.Replicas.IsEmpty;
        var state = !isAlive ? "lost" : isIdle ? "drained" : node.IsDraining ? "draining" : "up";
        return new ClusterNodeReport(
            node.Name, node.Address, node.Roles.ToString().ToLowerInvariant(), state, node.Pes.IsEmpty ? "" : DeviceSpec.Format([.. node.Pes.Order()]), isSelf);
    }

    /// <summary>Who works for what, as the replicas' homes tell it; later ones in the order given are believed.</summary>
    private static Dictionary<PlacedPe, (int Replica, int Stage, int Rank, string State)> Seats(IEnumerable<NodeDescription> nodes)
    {
        var seats = new Dictionary<PlacedPe, (int, int, int, string)>();
        foreach (var hosted in nodes.SelectMany(node => node.Replicas))
        {
            foreach (var stage in hosted.Placed.Stages)
            {
                for (var rank = 0; rank < stage.Pes.Length; rank++) seats[stage.Pes[rank]] = (hosted.Placed.Index, stage.Index, rank, hosted.State);
            }
        }
        return seats;
    }

    private static IReadOnlyList<ClusterPeReport> Pes(NodeDescription node, bool isAlive, Dictionary<PlacedPe, (int Replica, int Stage, int Rank, string State)> seats) =>
    [
        .. node.Pes.Order().Select(pe => seats.TryGetValue(new PlacedPe(node.Name, pe), out var seat)
            ? new ClusterPeReport(pe.ToString(), isAlive ? seat.State : "lost", seat.Replica, seat.Stage, seat.Rank)
            : new ClusterPeReport(pe.ToString(), isAlive ? "idle" : "lost", null, null, null)),
    ];

    private static IEnumerable<ClusterReplicaReport> Replicas(NodeDescription node) => node.Replicas.Select(hosted => new ClusterReplicaReport(
        hosted.Placed.Index, hosted.State, node.Name, [.. hosted.Placed.Stages.Select(Show)]));
}
