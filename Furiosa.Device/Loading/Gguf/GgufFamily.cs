namespace Furiosa.Device.Loading.Gguf;

/// <summary>How one of GGUF's architectures becomes a Hugging Face one: its names, and what its converter changed about the tensors.</summary>
internal sealed record GgufFamily
{
    /// <summary>The value of <c>general.architecture</c>, and the prefix of the model's keys.</summary>
    public required string Name { get; init; }

    /// <summary>Tells files of the family from others of the same name; null where all are.</summary>
    public Func<GgufMetadata, bool>? When { get; init; }

    /// <summary>The entry of <c>architectures</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>The value of <c>model_type</c>.</summary>
    public required string ModelType { get; init; }

    /// <summary>Whether the rows of query and key heads are interleaved: element i of both halves side by side.</summary>
    public bool InterleavesHeads { get; init; }

    /// <summary>Whether all heads' queries, then all keys, then all values are stored where the model's own form goes head by head.</summary>
    public bool SplitsHeads { get; init; }

    /// <summary>Whether norms are stored with the one added that the model adds.</summary>
    public bool AddsOneToNorms { get; init; }

    /// <summary>Whether the model's own form keeps a product's inputs as rows.</summary>
    public bool KeepsInputsAsRows { get; init; }

    /// <summary>Whether experts are stacked, gate and up taking turns.</summary>
    public bool StacksExperts { get; init; }

    /// <summary>What stands before the names of experts and their router where these are Mixtral's; null for others.</summary>
    public string? ExpertsOfMixtral { get; init; }

    /// <summary>
    /// Whether key heads, and the width of the feed-forward block, may be listed layer by layer: none of them for layers without attention, no width for layers
    /// without such a block.
    /// </summary>
    public bool LayersMayLackKeys { get; init; }

    /// <summary>Whether no layer has attention or a feed-forward block, so that the file has no sizes of them.</summary>
    public bool HasStatesOnly { get; init; }

    /// <summary>What stands before the names of what a layer with a state has; null for families without such layers.</summary>
    public string? Recurrent { get; init; }

    /// <summary>Whether such layers follow the gated delta rule, and if so, whether their value heads are stored all groups' first ones first.</summary>
    public bool? OrdersValueHeads { get; init; }

    /// <summary>What is added to experts' shares for the choice, by its name in a layer.</summary>
    public string? Corrections { get; init; }

    /// <summary>Whether those stand in one row of a matrix.</summary>
    public bool CorrectionsInRow { get; init; }

    /// <summary>What stands before the names of other families' experts.</summary>
    public string Experts { get; init; } = "mlp.";

    /// <summary>What a layer's router is called.</summary>
    public string Router { get; init; } = "mlp.gate";

    /// <summary>Whether experts are stacked, each one's gate before its up, under the names of Granite.</summary>
    public bool StacksGateAndUp { get; init; }

    /// <summary>Names of a layer's parts that differ from the usual ones, GGUF's first.</summary>
    public IReadOnlyDictionary<string, string> Parts { get; init; } = new Dictionary<string, string>();

    /// <summary>Names of whole tensors that differ from the usual ones, GGUF's first.</summary>
    public IReadOnlyDictionary<string, string> Tensors { get; init; } = new Dictionary<string, string>();

    /// <summary>What stands before a layer's number.</summary>
    public string LayerPrefix { get; init; } = "model.layers.";

    /// <summary>Adds the family's own fields to the configuration; null for none.</summary>
    public Action<GgufConfig>? Configure { get; init; }
}
