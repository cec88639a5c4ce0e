using Akka.Cluster;

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
    public static IReadOnlyList<Member> ToDown(IReadOnlyCollection<Member> reachable, IReadOnlyCollection<Member> unreachable)
    {
        if (reachable.Any(IsGateway)) return [.. unreachable];
        return [.. unreachable.Where(member => !IsGateway(member))];
    }

    private static bool IsGateway(Member member) => member.HasRole(ClusterRoles.Gateway);
}

/// <summary>Names of the roles in the cluster.</summary>
internal static class ClusterRoles
{
    public const string Gateway = "gateway";

    public const string Device = "device";

    /// <summary>The names of roles.</summary>
    public static IEnumerable<string> Of(NodeRoles roles)
    {
        if (roles.HasFlag(NodeRoles.Gateway)) yield return Gateway;
        if (roles.HasFlag(NodeRoles.Device)) yield return Device;
    }
}
