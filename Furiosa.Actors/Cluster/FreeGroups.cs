using System.Collections.Immutable;

namespace Furiosa.Actors.Cluster;

/// <summary>The processing elements that no replica uses yet, cut into tensor-parallel groups inside each node.</summary>
internal sealed class FreeGroups
{
    private readonly SortedDictionary<string, Queue<ImmutableArray<PlacedPe>>> _groups = new(NaturalOrder.Instance);
    private readonly List<PlacedPe> _left = [];
    private readonly HashSet<string> _used;

    /// <param name="nodes">The nodes.</param>
    /// <param name="size">PEs of a group.</param>
    /// <param name="kept">The replicas that stay.</param>
    public FreeGroups(IEnumerable<PlacementNode> nodes, int size, IReadOnlyCollection<PlacedReplica> kept)
    {
        var taken = kept.SelectMany(replica => replica.Stages).SelectMany(stage => stage.Pes).ToHashSet();
        _used = kept.SelectMany(replica => replica.Nodes()).ToHashSet();
        foreach (var node in nodes)
        {
            var free = node.Pes.Distinct().Order().Select(id => new PlacedPe(node.Name, id)).Where(pe => !taken.Contains(pe)).ToList();
            _groups[node.Name] = Cut(free, size);
        }
    }

    /// <summary>Groups that are free on all nodes together.</summary>
    public int Count => _groups.Values.Sum(queue => queue.Count);

    /// <summary>Free elements that are in no group of one node.</summary>
    public int LeftOver => _left.Count;

    /// <summary>Groups that are free on a node.</summary>
    public int CountOf(string node) => _groups[node].Count;

    /// <summary>The nodes with free groups: those that no replica uses yet first, each part in natural order.</summary>
    public List<string> Nodes(bool onlyUnused) =>
        [.. _groups.Where(pair => pair.Value.Count > 0 && !(onlyUnused && _used.Contains(pair.Key))).Select(pair => pair.Key).OrderBy(_used.Contains)];

    public ImmutableArray<PlacedPe> Take(string node)
    {
        _used.Add(node);
        return _groups[node].Dequeue();
    }

    /// <summary>A group of elements of several nodes; null when there are too few.</summary>
    public ImmutableArray<PlacedPe>? TakeAcross(int size)
    {
        if (_left.Count < size) return null;
        ImmutableArray<PlacedPe> group = [.. _left.Take(size)];
        _left.RemoveRange(0, size);
        return group;
    }

    // A group is consecutive elements of one device and begins at a multiple of its size.
    private Queue<ImmutableArray<PlacedPe>> Cut(List<PlacedPe> free, int size)
    {
        var groups = new Queue<ImmutableArray<PlacedPe>>();
        var byId = free.ToDictionary(pe => pe.Id);
        foreach (var first in free.Where(pe => pe.Id.Pe % size == 0))
        {
            var ids = Enumerable.Range(0, size).Select(rank => first.Id with { Pe = first.Id.Pe + rank }).ToList();
            if (!ids.TrueForAll(byId.ContainsKey)) continue;
            groups.Enqueue([.. ids.Select(id => byId[id])]);
            foreach (var id in ids) byId.Remove(id);
        }
        _left.AddRange(free.Where(pe => byId.ContainsKey(pe.Id)));
        return groups;
    }
}
