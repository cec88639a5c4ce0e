using System.Collections.Immutable;
using Furiosa.Device.Execution;
using Furiosa.Device.Mesh;

namespace Furiosa.Actors.Cluster;

/// <summary>What a node tells the others of itself.</summary>
/// <param name="Name">Its name in device specifications and reports.</param>
/// <param name="Address">Its address in the cluster.</param>
/// <param name="Incarnation">Differs from every earlier process at that address.</param>
/// <param name="Version">Grows with each change.</param>
/// <param name="Roles">What it does.</param>
/// <param name="Model">Fingerprint of the model: nodes that differ cannot work together.</param>
/// <param name="Weights">Fingerprint of its weights; empty where it has none.</param>
/// <param name="IsDraining">Whether it gives its work away.</param>
/// <param name="Pes">The processing elements that it offers.</param>
/// <param name="Cache">What the caches of a replica would hold if all its PEs had as much memory as this node has for each of its own.</param>
/// <param name="Replicas">The replicas whose actors live on it.</param>
/// <param name="PlanVersion">The newest plan that it heard of.</param>
/// <param name="PlanNotices">What that plan's placer said of it.</param>
internal sealed record NodeDescription(
    string Name, string Address, long Incarnation, long Version, NodeRoles Roles, string Model, string Weights, bool IsDraining,
    ImmutableArray<PeId> Pes, CacheSize Cache, ImmutableArray<HostedReplica> Replicas, long PlanVersion, ImmutableArray<string> PlanNotices)
{
    /// <summary>The process, which may join under one incarnation after another.</summary>
    public long Process { get; init; }

    public bool IsGateway => Roles.HasFlag(NodeRoles.Gateway);

    public bool IsDevice => Roles.HasFlag(NodeRoles.Device);

    /// <summary>Whether two nodes serve the same.</summary>
    public bool Agrees(NodeDescription other) =>
        Model == other.Model && (Weights == other.Weights || Weights.Length == 0 || other.Weights.Length == 0);
}

/// <summary>A replica at home on a node.</summary>
/// <param name="Placed">Where its parts are.</param>
/// <param name="State">What it does: <c>loading</c>, <c>serving</c>, <c>draining</c> or <c>failed</c>.</param>
/// <param name="Path">Path of its actor, with address and uid.</param>
internal sealed record HostedReplica(PlacedReplica Placed, string State, string Path);

/// <summary>How a node of a plan is reached.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Its address.</param>
/// <param name="Incarnation">Which process at that address.</param>
internal sealed record NodeAddress(string Name, string Address, long Incarnation)
{
    /// <summary>The node in this life of its process.</summary>
    public string Identity => $"{Name}#{Incarnation}";

    /// <summary>The name in an identity; empty for that of a process by itself, which has none.</summary>
    public static string NameOf(string identity) => identity[..Math.Max(0, identity.LastIndexOf('#'))];
}
