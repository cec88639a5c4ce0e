using System.Collections.Immutable;
using System.Text.Json;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>What <c>config.json</c> says of a decoder-only transformer, in either of Hugging Face's forms, checked and with defaults filled in.</summary>
public sealed record ModelConfig
{
    /// <summary>The architecture, for example <c>LlamaForCausalLM</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Elements of a hidden state.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>How many decoder layers.</summary>
    public required int LayerCount { get; init; }

    /// <summary>Query heads of a layer, a multiple of <see cref="KvHeadCount"/>.</summary>
    public required int HeadCount { get; init; }

    /// <summary>Key and value heads of a layer.</summary>
    public required int KvHeadCount { get; init; }

    /// <summary>Elements of one head, even; heads times this need not be the hidden size.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Elements between the two halves of the feed-forward block.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Rows of the embedding, and logits of a position.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Added to the mean square before the root in a norm.</summary>
    public required float RmsNormEps { get; init; }

    /// <summary>The longest sequence the model was made for, in tokens.</summary>
    public required int MaxPositionEmbeddings { get; init; }

    /// <summary>Whether the output projection is the embedding.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Whether the query, key and value projections have biases.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Whether the attention's output projection has a bias.</summary>
    public bool AttentionOutputBias { get; init; }

    /// <summary>Whether the feed-forward projections have biases.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Whether queries and keys are normed per head before rotation (Qwen3).</summary>
    public bool QkNorm { get; init; }

    /// <summary>
    /// One entry a layer: null attends to everything before, W to the last W positions, the own one included.
    /// </summary>
    public required ImmutableArray<int?> SlidingWindows { get; init; }

    /// <summary>The rotary position embedding.</summary>
    public required RopeConfig Rope { get; init; }

    /// <summary>The gate's nonlinearity.</summary>
    public HiddenActivation Activation { get; init; }

    /// <summary>The type the weights claim to have, when the file says so; each tensor's own type rules.</summary>
    public TensorType? WeightType { get; init; }

    /// <summary>Ids that end a text; may be empty.</summary>
    public required ImmutableArray<int> EosTokenIds { get; init; }

    /// <summary>The id a text begins with, if any.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>Reads <c>config.json</c> of a directory.</summary>
    /// <param name="directory">The model.</param>
    /// <exception cref="ModelFormatException">The architecture is unknown or values are missing or out of range; the message lists every problem.</exception>
    public static ModelConfig Read(ModelDirectory directory) =>
        Parse(directory.ReadJson(ModelDirectory.ConfigFile), directory.PathOf(ModelDirectory.ConfigFile));

    /// <summary>Parses the root object of a <c>config.json</c>.</summary>
    /// <param name="root">The object.</param>
    /// <param name="file">The path to name in errors.</param>
    /// <exception cref="ModelFormatException">The architecture is unknown or values are missing or out of range; the message lists every problem.</exception>
    public static ModelConfig Parse(JsonElement root, string file) => ModelConfigReader.Read(root, file);
}
