using System.Collections.Immutable;
using Furiosa.Device.Execution;
using Furiosa.Device.Mesh;

namespace Furiosa.Actors.Protocol;

// How the nodes of one replica's group come together. The replica asks each other node to open the group; each answers with the place of its
// data connections; when all have, the replica tells everyone all places and they connect. Then each makes its stages.

/// <summary>Be a member of a group; to a node's host of stages. What follows goes to the sender.</summary>
internal sealed record OpenGroup(GroupPlan Plan, int Member) : IFuriosaMessage;

/// <summary>A member waits for its data connections; to the replica.</summary>
internal sealed record GroupOpened(long Epoch, int Member, DataEndpoint Endpoint) : IFuriosaMessage;

/// <summary>All members wait; to each of them, in their order.</summary>
internal sealed record ConnectGroup(long Epoch, ImmutableArray<DataEndpoint> Endpoints) : IFuriosaMessage;

/// <summary>The group is given up; to a member.</summary>
internal sealed record CloseGroup(long Epoch) : IFuriosaMessage;

/// <summary>Where a node takes data connections.</summary>
internal sealed record DataEndpoint(string Host, int Port);

/// <summary>What all members of a group know of it.</summary>
/// <param name="Group">The replica's name.</param>
/// <param name="Epoch">Life of the group.</param>
/// <param name="Secret">What the members' data connections prove.</param>
/// <param name="Model">What must be the same on all nodes.</param>
/// <param name="Replica">The replica's index.</param>
/// <param name="Cache">What the replica's caches hold.</param>
/// <param name="MaxRows">Most rows of a step.</param>
/// <param name="Nodes">The members' nodes; member 0 is the home, where the replica's scheduler is.</param>
/// <param name="Stages">The stages in pipeline order.</param>
internal sealed record GroupPlan(
    string Group, long Epoch, ImmutableArray<byte> Secret, string Model, int Replica, CacheSize Cache, int MaxRows,
    ImmutableArray<string> Nodes, ImmutableArray<GroupStage> Stages);

/// <summary>A stage and who holds what of it.</summary>
internal sealed record GroupStage(ImmutableArray<PeId> Pes, ImmutableArray<GroupPart> Parts);

/// <summary>The ranks that one member holds.</summary>
internal sealed record GroupPart(int Member, ImmutableArray<int> Ranks);
