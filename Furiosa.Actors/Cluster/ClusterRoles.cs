namespace Furiosa.Actors.Cluster;

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
