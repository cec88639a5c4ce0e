namespace Furiosa.Actors.Gateways;

/// <summary>Picks the replica for a request: the least loaded one that serves, else one whose group is being made again.</summary>
internal static class LeastLoad
{
    /// <summary>The replica, or null when none could ever answer. Ties go to the lower index.</summary>
    public static ReplicaView? Pick(IEnumerable<ReplicaView> replicas)
    {
        ReplicaView? best = null;
        foreach (var replica in replicas)
        {
            if (!replica.TakesRequests) continue;
            if (best is null || Rank(replica).CompareTo(Rank(best)) < 0) best = replica;
        }
        return best;
    }

    // Own sequences count at once; what other gateways sent is known a step later, from the replica itself.
    private static (bool IsLoading, int Load, int Index) Rank(ReplicaView replica) =>
        (!replica.Serves, Math.Max(replica.OwnSequences, replica.Load.Running + replica.Load.Waiting), replica.Index);
}
