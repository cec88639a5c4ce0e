using Furiosa.Actors.Cluster;
using Furiosa.Actors.Observation;

namespace Furiosa.Actors.Gateways;

/// <summary>Notes in the journal what becomes of the cluster's other nodes. A node is told of often; what is noted is what has changed.</summary>
internal sealed class NodeNews(RuntimeJournal journal)
{
    private readonly Dictionary<string, Known> _nodes = [];

    /// <summary>A node tells of itself.</summary>
    public void NoteSeen(NodeDescription node)
    {
        var known = _nodes.GetValueOrDefault(node.Address);
        if (known is null || known.Incarnation != node.Incarnation) Add("node_joined", node.Name, $"Node {node.Name} has joined.");
        else if (known.IsLost) Add("node_back", node.Name, $"Node {node.Name} is heard again.");
        if (node.IsDraining && known is not { IsDraining: true }) Add("node_draining", node.Name, $"Node {node.Name} drains: it takes no new work.");
        else if (!node.IsDraining && known is { IsDraining: true }) Add("node_undrained", node.Name, $"Node {node.Name} takes work again.");
        _nodes[node.Address] = new Known(node.Name, node.Incarnation, node.IsDraining, IsLost: false);
    }

    /// <summary>A node is not heard, or has left.</summary>
    public void NoteLost(string address, string reason, bool isGone)
    {
        if (!_nodes.TryGetValue(address, out var known)) return;
        if (isGone)
        {
            _nodes.Remove(address);
            Add("node_left", known.Name, $"Node {known.Name} is gone: {reason}.");
        }
        else if (!known.IsLost)
        {
            _nodes[address] = known with { IsLost = true };
            Add("node_lost", known.Name, $"Node {known.Name} is lost: {reason}.");
        }
    }

    private void Add(string kind, string node, string message) => journal.Add(kind, message, node: node);

    private sealed record Known(string Name, long Incarnation, bool IsDraining, bool IsLost);
}
