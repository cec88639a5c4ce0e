namespace Furiosa.Actors.Cluster;

/// <summary>What a process does in a cluster.</summary>
[Flags]
public enum NodeRoles
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Speaks HTTP and owns requests.</summary>
    Gateway = 1,

    /// <summary>Hosts processing elements.</summary>
    Device = 2,

    /// <summary>Both, in one process.</summary>
    All = Gateway | Device,
}
