namespace Furiosa.Actors.Hosting;

/// <summary>What admins see of a cluster and do to it, from any of its nodes.</summary>
public interface IClusterView
{
    /// <summary>Nodes, replicas and why they are where they are, as this node knows them.</summary>
    Task<ClusterReport> ReportAsync();

    /// <summary>Lets a device node give its work away and take none, or take work again.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="drains">Whether it drains.</param>
    /// <returns>Why that cannot be done; null when it was.</returns>
    Task<string?> DrainAsync(string node, bool drains);
}

/// <summary>A cluster as one of its nodes knows it.</summary>
/// <param name="Nodes">The nodes by name.</param>
/// <param name="Replicas">The replicas by index.</param>
/// <param name="Placement">Why they are where they are, a line each.</param>
public sealed record ClusterReport(IReadOnlyList<ClusterNodeReport> Nodes, IReadOnlyList<ClusterReplicaReport> Replicas, IReadOnlyList<string> Placement);

/// <summary>A node.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Its address in the cluster.</param>
/// <param name="Role">Its role: all, gateway or device.</param>
/// <param name="State">What it does: up, draining, drained, lost (not heard of) or joining.</param>
/// <param name="Devices">What it offers, e.g. <c>npu:0:*</c>; empty for nothing.</param>
/// <param name="IsSelf">Whether it is the one that reports.</param>
public sealed record ClusterNodeReport(string Name, string Address, string Role, string State, string Devices, bool IsSelf)
{
    /// <summary>Its processing elements in order.</summary>
    public IReadOnlyList<ClusterPeReport> Pes { get; init; } = [];
}

/// <summary>A processing element of a node.</summary>
/// <param name="Name">E.g. <c>npu:0:3</c>.</param>
/// <param name="State">What its replica does (loading, serving, draining, failed), idle without one, or lost like its node.</param>
/// <param name="Replica">Index of the replica that it works for; null for none, and so are the others then.</param>
/// <param name="Stage">Index of its stage.</param>
/// <param name="Rank">Its rank in the stage's tensor-parallel group.</param>
public sealed record ClusterPeReport(string Name, string State, int? Replica, int? Stage, int? Rank);

/// <summary>A replica.</summary>
/// <param name="Index">Its index.</param>
/// <param name="State">What it does: loading, serving, draining or failed.</param>
/// <param name="Home">The node that runs its scheduler.</param>
/// <param name="Stages">Where each stage is, e.g. <c>node1/npu:0:0-1</c>.</param>
public sealed record ClusterReplicaReport(int Index, string State, string Home, IReadOnlyList<string> Stages);
