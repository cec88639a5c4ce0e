using System.Collections.Immutable;
using Akka.Actor;
using Furiosa.Actors.Cluster;
using Furiosa.Actors.Gateways;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Hosting;

/// <summary>The replicas of a node, with where they were placed and what they do.</summary>
internal sealed class HostedReplicas
{
    private readonly Dictionary<IActorRef, Entry> _entries = [];
    private readonly List<ReplicaView> _views = [];

    /// <summary>All of them; the same list for ever.</summary>
    public IReadOnlyList<ReplicaView> Views => _views;

    public IReadOnlyCollection<IActorRef> Actors => _entries.Keys;

    /// <summary>Whether nothing runs on any of them.</summary>
    public bool IsIdle => _entries.Values.All(entry => entry.View.State != ReplicaState.Serving && entry.View.Load is { Running: 0, Waiting: 0 });

    /// <param name="view">The replica.</param>
    /// <param name="placed">Where it was placed; null outside a cluster.</param>
    /// <param name="nodes">The nodes that its parts are on.</param>
    public void Add(ReplicaView view, PlacedReplica? placed, ImmutableArray<NodeAddress> nodes)
    {
        _entries.Add(view.Actor, new Entry(view, placed, nodes));
        _views.Add(view);
    }

    /// <summary>The replica that a message of its session is from.</summary>
    public ReplicaView? Find(IActorRef sender, SessionMark mark) => _entries.TryGetValue(sender, out var entry) && entry.View.Take(mark) == true ? entry.View : null;

    /// <summary>The replica that a message outside its session is from.</summary>
    public ReplicaView? Find(IActorRef sender) => _entries.GetValueOrDefault(sender)?.View;

    public bool Has(long id) => _entries.Values.Any(entry => entry.Placed?.Id == id);

    /// <summary>Takes out those that a plan has no place for.</summary>
    public List<ReplicaView> TakeOthers(IReadOnlyCollection<PlacedReplica> planned) =>
        Take(entry => entry.Placed is null || planned.All(placed => placed.Id != entry.Placed.Id));

    /// <summary>Takes out those with a part on an earlier process of a node.</summary>
    public List<ReplicaView> TakeStale(NodeDescription node) =>
        Take(entry => entry.Placed is not null && entry.Nodes.Any(part => part.Name == node.Name && part.Incarnation != node.Incarnation));

    private List<ReplicaView> Take(Func<Entry, bool> which)
    {
        List<Entry> taken = [.. _entries.Values.Where(which)];
        foreach (var entry in taken) _entries.Remove(entry.View.Actor);
        _views.RemoveAll(view => !_entries.ContainsKey(view.Actor));
        return [.. taken.Select(entry => entry.View)];
    }

    /// <summary>What other nodes are told.</summary>
    public ImmutableArray<HostedReplica> Describe() =>
    [
        .. _entries.Values.Where(entry => entry.Placed is not null).OrderBy(entry => entry.View.Index).Select(entry => new HostedReplica(
            entry.Placed!, entry.View.State.ToString().ToLowerInvariant(), Akka.Serialization.Serialization.SerializedActorPath(entry.View.Actor))),
    ];

    private sealed record Entry(ReplicaView View, PlacedReplica? Placed, ImmutableArray<NodeAddress> Nodes);
}
