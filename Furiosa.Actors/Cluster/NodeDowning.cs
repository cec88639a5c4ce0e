namespace Furiosa.Actors.Cluster;

/// <summary>
/// Which unreachable nodes are removed from the cluster. No node hosts anything that must exist once: replicas are fenced by sessions and
/// epochs, and requests live on gateways. So a side that has a gateway goes on and removes whoever it cannot reach, and no side ever ends
/// itself. A side without any gateway removes devices only, since without a gateway nothing is lost by waiting for it.
/// </summary>
internal static class DowningRule
{
    /// <param name="reachable">The members that this node reaches, itself included.</param>
    /// <param name="unreachable">The others.</param>
    /// <param name="isGateway">Whether a member is a gateway.</param>
    public static IReadOnlyList<T> ToDown<T>(IEnumerable<T> reachable, IEnumerable<T> unreachable, Func<T, bool> isGateway) =>
        reachable.Any(isGateway) ? [.. unreachable] : [.. unreachable.Where(member => !isGateway(member))];
}
