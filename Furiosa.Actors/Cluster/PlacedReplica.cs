using System.Collections.Immutable;
using Furiosa.Device.Execution;
using Furiosa.Device.Mesh;

namespace Furiosa.Actors.Cluster;

/// <summary>A replica and where its parts are.</summary>
/// <param name="Index">Its index in the cluster.</param>
/// <param name="Id">Differs from every other replica that ever had the index; its epochs are above it.</param>
/// <param name="Cache">What its caches hold, the same at every stage.</param>
/// <param name="Stages">Its stages in pipeline order.</param>
internal sealed record PlacedReplica(int Index, long Id, CacheSize Cache, ImmutableArray<PlacedStage> Stages)
{
    /// <summary>The node of its actor: the one of its first PE.</summary>
    public string Home() => Stages[0].Pes[0].Node;

    /// <summary>Whether another replica is in the same place.</summary>
    public bool IsLike(PlacedReplica other) =>
        Index == other.Index && Cache == other.Cache && Stages.SelectMany(stage => stage.Pes).SequenceEqual(other.Stages.SelectMany(stage => stage.Pes));

    /// <summary>The nodes that it needs, each once.</summary>
    public IEnumerable<string> Nodes() => Stages.SelectMany(stage => stage.Pes).Select(pe => pe.Node).Distinct();
}

/// <summary>One pipeline stage of a replica.</summary>
/// <param name="Index">Its place in the pipeline.</param>
/// <param name="Pes">Its tensor-parallel group by rank.</param>
internal sealed record PlacedStage(int Index, ImmutableArray<PlacedPe> Pes);

/// <summary>A processing element of a node.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Id">The element among the node's own.</param>
internal readonly record struct PlacedPe(string Node, PeId Id);

/// <summary>Where all replicas of a cluster are.</summary>
/// <param name="Replicas">The replicas by index.</param>
/// <param name="Notices">What an admin should know of it, a line each.</param>
internal sealed record ClusterPlan(ImmutableArray<PlacedReplica> Replicas, ImmutableArray<string> Notices);
