namespace Furiosa.Actors.Cluster;

/// <summary>
/// Which unreachable nodes are removed from the cluster. No node hosts anything that must exist once: replicas are fenced by sessions and
/// epochs, and requests live on gateways. So a side that has a gateway goes on and removes whoever it cannot reach, and no side ever ends
/// itself. A side without any gateway removes devices only, since without a gateway nothing is lost by waiting for it. The cluster calls a
/// node unreachable as soon as anyone does not reach it: where only the wire between two device nodes is cut both still work for the
/// gateway, so devices leave it to a gateway that they reach, and nobody removes a node that it hears itself.
/// </summary>
internal static class DowningRule
{
    /// <param name="self">The node that decides.</param>
    /// <param name="reachable">The members that the cluster counts as reachable, that node included.</param>
    /// <param name="unreachable">The others.</param>
    /// <param name="isGateway">Whether a member is a gateway.</param>
    /// <param name="isHeard">Whether the node that decides hears a member's beats.</param>
    public static IReadOnlyList<T> ToDown<T>(T self, IReadOnlyCollection<T> reachable, IEnumerable<T> unreachable, Func<T, bool> isGateway, Func<T, bool> isHeard)
    {
        var hasGateway = reachable.Any(isGateway);
        if (hasGateway && !isGateway(self)) return [];
        return [.. unreachable.Where(member => !isHeard(member) && (hasGateway || !isGateway(member)))];
    }

    /// <summary>
    /// Which node gives way where a removed one does not go: the cluster forgets nobody while others cannot reach each other, and takes nobody back whom it
    /// has not forgotten. Whoever is removed has no say about the others any more, so one at a time is enough; it joins again as a new node. One gateway decides.
    /// </summary>
    /// <param name="self">The node that decides.</param>
    /// <param name="reachable">The members that the cluster counts as reachable, that node included, in the cluster's order.</param>
    /// <param name="unreachable">The others that are not removed yet, in the cluster's order.</param>
    /// <param name="isGateway">Whether a member is a gateway.</param>
    /// <param name="isHeard">Whether the node that decides hears a member's beats.</param>
    /// <returns>A device; null where none is at odds with another, or another gateway decides.</returns>
    public static T? ToGiveWay<T>(T self, IEnumerable<T> reachable, IEnumerable<T> unreachable, Func<T, bool> isGateway, Func<T, bool> isHeard)
        where T : class =>
        Equals(reachable.FirstOrDefault(isGateway), self) ? unreachable.FirstOrDefault(member => isHeard(member) && !isGateway(member)) : null;
}
