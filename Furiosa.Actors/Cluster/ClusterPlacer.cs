using System.Collections.Immutable;
using Furiosa.Device.Execution;
using Furiosa.Device.Mesh;

namespace Furiosa.Actors.Cluster;

/// <summary>
/// Places replicas on the nodes of a cluster. What runs and is still whole stays where it is. Then each missing replica takes nodes that
/// no other one uses, so that one death costs one replica, and spreads its stages over as many of them as leave a node for each replica
/// still to come; only where nodes are too few do replicas share them. Tensor-parallel groups stay inside a node, unless there is no
/// other way. The same input gives the same plan.
/// </summary>
internal static class ClusterPlacer
{
    /// <summary>What the notices say of a replica that runs already.</summary>
    public const string Stays = " (stays)";

    /// <summary>What the notices say of one that does not.</summary>
    public const string New = " (new)";

    /// <param name="goal">What is to be placed.</param>
    /// <param name="nodes">The nodes that take part, in any order.</param>
    /// <param name="running">The replicas that run, wherever they were planned.</param>
    /// <param name="afresh">Whether to plan as if nothing ran: what runs then stays only where the plan has a replica anyway.</param>
    public static ClusterPlan Make(PlacementGoal goal, IReadOnlyCollection<PlacementNode> nodes, IReadOnlyCollection<PlacedReplica> running, bool afresh = false)
    {
        var degrees = goal.Degrees;
        nodes = [.. nodes.OrderBy(node => node.Name, NaturalOrder.Instance)];
        var kept = afresh ? [] : Keep(goal, nodes, running);
        var free = new FreeGroups(nodes, degrees.Tensor, kept);
        var replicas = kept.ToList();
        var wanted = degrees.Data ?? Math.Max(kept.Count + (free.Count / degrees.Pipeline), 1);
        for (var missing = wanted - kept.Count; missing > 0; missing--)
        {
            var stages = Place(goal, free, missing, across: goal.SpanNodes && (degrees.Data is not null || replicas.Count == 0));
            if (stages is null) break;
            var index = Enumerable.Range(0, replicas.Count + 1).First(candidate => replicas.TrueForAll(replica => replica.Index != candidate));
            replicas.Add(new PlacedReplica(index, goal.FirstId + replicas.Count, SizeOf(nodes, stages), [.. stages.Select((pes, stage) => new PlacedStage(stage, pes))]));
        }
        if (afresh)
        {
            replicas = [.. replicas.Select(replica => running.FirstOrDefault(other => other.IsLike(replica)) ?? replica)];
            kept = [.. replicas.Intersect(running)];
        }
        replicas.Sort((left, right) => left.Index.CompareTo(right.Index));
        return new ClusterPlan([.. replicas], [.. Explain(goal, replicas, kept, wanted, free)]);
    }

    /// <summary>The replicas that are whole on nodes that take part; of those that claim one index or one element, the newest.</summary>
    private static List<PlacedReplica> Keep(PlacementGoal goal, IReadOnlyCollection<PlacementNode> nodes, IReadOnlyCollection<PlacedReplica> running)
    {
        var offered = nodes.SelectMany(node => node.Pes.Select(id => new PlacedPe(node.Name, id))).ToHashSet();
        var kept = new List<PlacedReplica>();
        foreach (var replica in running.OrderByDescending(replica => replica.Id).ThenBy(replica => replica.Index))
        {
            var pes = replica.Stages.SelectMany(stage => stage.Pes).ToList();
            var fits = replica.Stages.Length == goal.Degrees.Pipeline && replica.Stages.All(stage => stage.Pes.Length == goal.Degrees.Tensor);
            if (fits && (goal.Degrees.Data is not { } data || replica.Index < data) && kept.TrueForAll(other => other.Index != replica.Index) && pes.TrueForAll(offered.Remove))
                kept.Add(replica);
        }
        return kept;
    }

    private static List<ImmutableArray<PlacedPe>>? Place(PlacementGoal goal, FreeGroups free, int missing, bool across)
    {
        var stages = goal.Degrees.Pipeline;
        if (!goal.SpanNodes)
        {
            var whole = free.Nodes(onlyUnused: false).Find(node => free.CountOf(node) >= stages);
            return whole is null ? null : [.. Enumerable.Range(0, stages).Select(_ => free.Take(whole))];
        }
        if (free.Count < stages) return across ? PlaceAcross(goal, free) : null;

        var unused = free.Nodes(onlyUnused: true);
        var chosen = unused.Sum(free.CountOf) >= stages ? unused : free.Nodes(onlyUnused: false);
        var count = Math.Clamp((unused.Count + missing - 1) / missing, 1, stages);
        while (chosen.Take(count).Sum(free.CountOf) < stages) count++;
        return Spread(chosen.Take(count).ToList(), stages, free);
    }

    /// <summary>Deals stages to nodes in order, evenly where they have room.</summary>
    private static List<ImmutableArray<PlacedPe>> Spread(List<string> nodes, int stages, FreeGroups free)
    {
        var result = new List<ImmutableArray<PlacedPe>>();
        for (var i = 0; i < nodes.Count; i++)
        {
            var missing = stages - result.Count;
            var later = nodes.Skip(i + 1).Sum(free.CountOf);
            var even = (missing + nodes.Count - i - 1) / (nodes.Count - i);
            var here = Math.Min(free.CountOf(nodes[i]), Math.Max(even, missing - later));
            for (var stage = 0; stage < here; stage++) result.Add(free.Take(nodes[i]));
        }
        return result;
    }

    // Too few groups inside nodes: what is left over on several nodes makes the last ones.
    private static List<ImmutableArray<PlacedPe>>? PlaceAcross(PlacementGoal goal, FreeGroups free)
    {
        var (stages, size) = (goal.Degrees.Pipeline, goal.Degrees.Tensor);
        if (free.Count + (free.LeftOver / size) < stages) return null;
        var result = new List<ImmutableArray<PlacedPe>>();
        foreach (var node in free.Nodes(onlyUnused: false))
        {
            while (result.Count < stages && free.CountOf(node) > 0) result.Add(free.Take(node));
        }
        while (result.Count < stages) result.Add(free.TakeAcross(size)!.Value);
        return result;
    }

    /// <summary>All stages have pools of one size: what the poorest of their nodes has room for.</summary>
    private static CacheSize SizeOf(IReadOnlyCollection<PlacementNode> nodes, List<ImmutableArray<PlacedPe>> stages)
    {
        var used = stages.SelectMany(stage => stage).Select(pe => pe.Node).ToHashSet();
        var sizes = nodes.Where(node => used.Contains(node.Name)).Select(node => node.Cache).ToList();
        return new(Math.Max(1, sizes.Min(size => size.Blocks)), sizes.Min(size => size.States));
    }

    private static IEnumerable<string> Explain(PlacementGoal goal, List<PlacedReplica> replicas, List<PlacedReplica> kept, int wanted, FreeGroups free)
    {
        foreach (var replica in replicas)
        {
            var stages = replica.Stages.Select(stage => $"stage {stage.Index} on {string.Join(" and ", stage.Pes.GroupBy(pe => pe.Node).Select(Describe))}");
            yield return $"replica {replica.Index}: {string.Join(", ", stages)}{(kept.Contains(replica) ? Stays : New)}";
        }
        if (replicas.Count < wanted)
            yield return $"{replicas.Count} of {wanted} replicas have a place; each needs {goal.Degrees.PesPerReplica} free PEs (pp {goal.Degrees.Pipeline} x tp {goal.Degrees.Tensor}): start more device nodes or lower -tp, -pp or -dp";
        var idle = (free.Count * goal.Degrees.Tensor) + free.LeftOver;
        if (idle > 0) yield return $"{idle} PEs are not used";
    }

    private static string Describe(IGrouping<string, PlacedPe> pes) => $"{pes.Key}/{DeviceSpec.Format([.. pes.Select(pe => pe.Id)]).Replace(",", $",{pes.Key}/", StringComparison.Ordinal)}";
}
