namespace Furiosa.Actors.Cluster;

/// <summary>
/// Which device node plans the placement: the oldest of those that are heard. A node that is new has not heard anybody yet, and knows nothing
/// of what the older ones host: a plan of it would move all of that to itself. So the older ones have a while to tell, unless they are away.
/// </summary>
internal static class PlacerRule
{
    /// <param name="self">The node that asks.</param>
    /// <param name="byAge">The device nodes of the cluster, the oldest first.</param>
    /// <param name="isHeard">Whether a node has told of itself, and was not lost since.</param>
    /// <param name="isAway">Whether a node that is not heard is known to be lost.</param>
    /// <param name="isNew">Whether the node that asks has been a member for a short time only.</param>
    public static bool IsPlacer<T>(T self, IEnumerable<T> byAge, Func<T, bool> isHeard, Func<T, bool> isAway, bool isNew)
    {
        foreach (var member in byAge)
        {
            if (Equals(member, self)) return isHeard(self);
            if (isHeard(member) || (isNew && !isAway(member))) return false;
        }
        return false;
    }
}
