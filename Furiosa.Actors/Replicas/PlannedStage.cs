using System.Collections.Immutable;
using Akka.Actor;
using Furiosa.Device.Mesh;

namespace Furiosa.Actors.Replicas;

/// <summary>One stage of one replica: its tensor-parallel group by rank, and which node holds which ranks.</summary>
/// <param name="Index">Its place in the pipeline.</param>
/// <param name="Pes">The group by rank; each PE is named as its own node names it.</param>
/// <param name="Parts">Every rank in exactly one part; one part for each node.</param>
internal sealed record PlannedStage(int Index, ImmutableArray<PeId> Pes, ImmutableArray<StagePart> Parts)
{
    /// <summary>A stage whose group is in this process as a whole.</summary>
    public static PlannedStage Here(int index, ImmutableArray<PeId> pes) => new(index, pes, [new StagePart(null, [.. Enumerable.Range(0, pes.Length)])]);

    /// <summary>Steps that keep every node busy: stages of one node share its cores, and more steps would only make smaller batches.</summary>
    public static int StepsInFlight(ImmutableArray<PlannedStage> stages)
    {
        var steps = 1;
        for (var i = 1; i < stages.Length; i++)
        {
            if (!stages[i].Parts.Any(part => stages[i - 1].Parts.Any(before => before.Host == part.Host))) steps++;
        }
        return steps;
    }
}

/// <summary>The ranks of a stage's group that one node holds.</summary>
/// <param name="Host">The node; null for this process.</param>
/// <param name="Ranks">Ascending.</param>
internal sealed record StagePart(StageHostRef? Host, ImmutableArray<int> Ranks);

/// <summary>Where a node makes stages for replicas of other nodes.</summary>
/// <param name="Node">The node's name, of this life of its process.</param>
/// <param name="Actor">Its <see cref="Groups.StageHostActor"/>.</param>
internal sealed record StageHostRef(string Node, IActorRef Actor);
