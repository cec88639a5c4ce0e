namespace Furiosa.Actors.Cluster;

/// <summary>What nodes that cannot work together disagree about.</summary>
internal enum ObjectionKind
{
    /// <summary>The model and how it is kept, which all nodes have in common.</summary>
    Model,

    /// <summary>The weights and how they are split, which device nodes have in common.</summary>
    Weights,

    /// <summary>They have one name.</summary>
    Name,
}

/// <summary>Why a node cannot be in one cluster with this one.</summary>
/// <param name="Kind">What they disagree about.</param>
/// <param name="Reason">Both sides, and what to change.</param>
internal sealed record Objection(ObjectionKind Kind, string Reason)
{
    /// <param name="node">The node.</param>
    /// <param name="self">This node.</param>
    /// <param name="namesake">Another one of the node's name; null where there is none.</param>
    /// <returns>Null where they can work together.</returns>
    public static Objection? To(NodeDescription node, NodeDescription self, NodeDescription? namesake)
    {
        if (node.Model != self.Model)
            return new(ObjectionKind.Model, $"{node.Name} has {node.Model}, {self.Name} has {self.Model}: start all nodes with the same model files, version, --dtype, --quantization, --bf16-products, --kv-cache-dtype and --max-model-len");
        if (!node.Agrees(self))
            return new(ObjectionKind.Weights, $"{node.Name} has {node.Weights}, {self.Name} has {self.Weights}: start all device nodes with the same weights, -tp, -pp and -dp");
        return namesake is null ? null : new(ObjectionKind.Name, $"nodes {node.Address} and {namesake.Address} have the same name: give each a --node-name of its own");
    }
}
