using System.Collections.Immutable;
using Furiosa.Device.Execution;
using Furiosa.Device.Mesh;

namespace Furiosa.Actors.Cluster;

/// <summary>What a node offers to the placement.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Pes">Its processing elements.</param>
/// <param name="Cache">What the caches of a replica would hold if all its PEs had as much memory as this node has for each of its own.</param>
internal sealed record PlacementNode(string Name, ImmutableArray<PeId> Pes, CacheSize Cache);

/// <summary>What is to be placed.</summary>
/// <param name="Degrees">How the model is split; without a number of replicas as many as there is room for.</param>
/// <param name="SpanNodes">Whether the parts of a replica may be on several nodes.</param>
/// <param name="FirstId">The id of the next new replica.</param>
internal sealed record PlacementGoal(ParallelDegrees Degrees, bool SpanNodes, long FirstId);
