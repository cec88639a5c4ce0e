using System.Collections.Immutable;

namespace Furiosa.Actors.Cluster;

/// <summary>A node's cluster as it knows it; without members while it is in none.</summary>
/// <param name="Members">The incarnations of its nodes.</param>
/// <param name="Oldest">Address of the oldest of them.</param>
internal sealed record ClusterMark(ImmutableArray<long> Members, string Oldest)
{
    public static ClusterMark None { get; } = new([], "");
}

/// <summary>
/// Decides who gives way when nodes meet that are not of one cluster: each side of a split has removed the other; a node that was stopped has
/// been removed and does not know; one that looked in vain for its cluster has begun another. Who gives way joins the other as a new node.
/// </summary>
/// <param name="self">This node's incarnation.</param>
internal sealed class Encounters(long self)
{
    // A cluster tells its nodes of a new one within moments, but not all of them at once.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly HashSet<(string Address, long Incarnation)> _counted = [];
    private readonly Dictionary<string, Meeting> _met = [];

    /// <summary>A node is heard.</summary>
    /// <param name="address">The node.</param>
    /// <param name="incarnation">Which process at that address.</param>
    /// <param name="theirs">Its cluster.</param>
    /// <param name="own">This node's cluster.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether this node gives way to it.</returns>
    public bool GivesWay(string address, long incarnation, ClusterMark theirs, ClusterMark own, TimeSpan now)
    {
        if (theirs.Members.IsEmpty || own.Members.IsEmpty) return false;
        var isOurs = own.Members.Contains(incarnation);
        if (theirs.Members.Contains(self))
        {
            _met.Remove(address);
            if (isOurs) _counted.Add((address, incarnation));
            return false;
        }
        // Who has counted this node and does so no more has removed it.
        if (isOurs && _counted.Contains((address, incarnation))) return true;
        var met = _met.TryGetValue(address, out var before) && now - before.Last < Patience ? before with { Last = now } : new Meeting(now, now);
        _met[address] = met;
        return met.Last - met.First >= Patience && (isOurs || IsLess(own, theirs));
    }

    /// <summary>Whether a stranger should hear of this cluster at once: it looks for one, or does not know that this one has removed it.</summary>
    public bool IsToHear(ClusterMark theirs) => theirs.Members.IsEmpty || theirs.Members.Contains(self);

    /// <summary>A node is none of this cluster's any more.</summary>
    public void Forget(string address)
    {
        _met.Remove(address);
        _counted.RemoveWhere(counted => counted.Address == address);
    }

    /// <summary>The smaller cluster gives way; of two as large, one that both can name.</summary>
    private static bool IsLess(ClusterMark own, ClusterMark theirs) => own.Members.Length != theirs.Members.Length
        ? own.Members.Length < theirs.Members.Length
        : string.CompareOrdinal(own.Oldest, theirs.Oldest) > 0;

    private readonly record struct Meeting(TimeSpan First, TimeSpan Last);
}
