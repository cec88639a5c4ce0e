using System.Collections.Immutable;
using Furiosa.Device.Mesh;

namespace Furiosa.Actors.Cluster;

/// <summary>What a node tells the others of itself.</summary>
/// <param name="Name">Its name in device specifications and reports.</param>
/// <param name="Address">Its address in the cluster.</param>
/// <param name="Incarnation">Differs from every earlier process at that address.</param>
/// <param name="Version">Grows with each change.</param>
/// <param name="Roles">What it does.</param>
/// <param name="Model">Fingerprint of what it serves: nodes that differ cannot work together.</param>
/// <param name="Weights">Fingerprint of its weights; empty where it has none.</param>
/// <param name="IsDraining">Whether it gives its work away.</param>
/// <param name="Pes">The processing elements that it offers.</param>
/// <param name="Replicas">The replicas whose actors live on it.</param>
internal sealed record NodeDescription(
    string Name, string Address, long Incarnation, long Version, NodeRoles Roles, string Model, string Weights, bool IsDraining,
    ImmutableArray<PeId> Pes, ImmutableArray<HostedReplica> Replicas)
{
    public bool IsGateway => Roles.HasFlag(NodeRoles.Gateway);

    public bool IsDevice => Roles.HasFlag(NodeRoles.Device);

    /// <summary>Whether two nodes serve the same.</summary>
    public bool Agrees(NodeDescription other) =>
        Model == other.Model && (Weights == other.Weights || Weights.Length == 0 || other.Weights.Length == 0);
}

/// <summary>A replica at home on a node.</summary>
/// <param name="Index">Its index.</param>
/// <param name="Path">Path of its actor, with address and uid.</param>
internal sealed record HostedReplica(int Index, string Path);
