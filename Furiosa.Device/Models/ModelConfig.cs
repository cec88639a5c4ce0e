using System.Collections.Immutable;
using System.Text.Json;
using Furiosa.Device.Kernels;
using Furiosa.Device.Kv;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>
/// What <c>config.json</c> says of a decoder-only transformer, in either of Hugging Face's forms, checked and with defaults filled in.
/// An architecture is a composition of these fields; nothing but they and <see cref="Names"/> tells one from another.
/// </summary>
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

    /// <summary>Elements of a head's value and of its output: as many as <see cref="HeadDim"/> unless set.</summary>
    public int ValueDim
    {
        get => field == 0 ? HeadDim : field;
        init;
    }

    /// <summary>The small vectors that queries, keys and values are made from; null where they come from the input itself.</summary>
    public LatentConfig? Latent { get; init; }

    /// <summary>Layers that have a short convolution instead of attention; null for none.</summary>
    public ShortConvConfig? ShortConv { get; init; }

    /// <summary>Layers that keep a state instead of keys and values; null for none.</summary>
    public RecurrentConfig? Recurrent { get; init; }

    /// <summary>One entry a layer: which of the two blocks it has; null where all have both.</summary>
    public ImmutableArray<LayerParts>? Parts { get; init; }

    /// <summary>Whether heads' outputs are multiplied with the sigmoid of a gate, which stands behind each query head.</summary>
    public bool AttentionGate { get; init; }

    /// <summary>Elements between the two halves of the feed-forward block.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Rows of the embedding, and logits of a position.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Added to the mean square or the variance before the root in a norm.</summary>
    public required float NormEps { get; init; }

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

    /// <summary>Whether the output head has a bias.</summary>
    public bool HeadBias { get; init; }

    /// <summary>Whether and over what queries and keys are normed before rotation.</summary>
    public QkNorm QkNorm { get; init; }

    /// <summary>The kind of all norms and where they stand.</summary>
    public NormConfig Norms { get; init; } = new();

    /// <summary>Whether attention and feed-forward block read the same residual stream and are added to it together.</summary>
    public bool ParallelResidual { get; init; }

    /// <summary>
    /// One entry a layer: null attends to everything before, W to the last W positions, the own one included.
    /// </summary>
    public required ImmutableArray<int?> SlidingWindows { get; init; }

    /// <summary>The rotary position embeddings that layers choose from; empty where there are none.</summary>
    public required ImmutableArray<RopeConfig> Ropes { get; init; }

    /// <summary>One entry a layer: an index into <see cref="Ropes"/>, or null for a layer without rotation.</summary>
    public required ImmutableArray<int?> LayerRopes { get; init; }

    /// <summary>Leading elements of a head that are rotated, even.</summary>
    public required int RotaryDim { get; init; }

    /// <summary>Whether pairs (2i, 2i + 1) are rotated instead of (i, i + <see cref="RotaryDim"/> / 2).</summary>
    public bool RotaryInterleaved { get; init; }

    /// <summary>Whether the rotated elements are a head's last ones instead of its first.</summary>
    public bool RotaryLast { get; init; }

    /// <summary>Whether queries and keys are normed after rotation.</summary>
    public bool QkNormAfterRotation { get; init; }

    /// <summary>How queries grow with their position; null where they do not.</summary>
    public QueryGrowth? QueryGrowth { get; init; }

    /// <summary>Where above zero, rotated layers see only what is in their own run of so many positions.</summary>
    public int AttentionChunk { get; init; }

    /// <summary>Whether a learned vector of its position is added to each token's embedding.</summary>
    public bool LearnedPositions { get; init; }

    /// <summary>Which of the learned vectors the first token gets.</summary>
    public int FirstPosition { get; init; }

    /// <summary>Where the vectors of positions are not learned but sines and cosines of them (XGLM).</summary>
    public bool SinusoidalPositions { get; init; }

    /// <summary>Whether those are rounded to bfloat16, as happens to such a table when a whole model is cast.</summary>
    internal bool RoundsPositions { get; init; }

    /// <summary>Attention with linear biases; null for none.</summary>
    public AlibiConfig? Alibi { get; init; }

    /// <summary>Where above zero, queries, keys and values are kept between minus this and this, before rotation.</summary>
    public float QkvClip { get; init; }

    /// <summary>Multiplies attention scores; null for one over the root of <see cref="HeadDim"/>.</summary>
    public float? AttentionScale { get; init; }

    /// <summary>Whether the scores of layer i are divided by i + 1 (some GPT-2).</summary>
    public bool ScaleByLayer { get; init; }

    /// <summary>Soft cap of attention scores; 0 for none.</summary>
    public float AttentionSoftCap { get; init; }

    /// <summary>Whether each head has a learned score that takes part in the softmax and has no value.</summary>
    public bool AttentionSinks { get; init; }

    /// <summary>Multiplies token embeddings.</summary>
    public float EmbeddingScale { get; init; } = 1;

    /// <summary>Multiplies what a block adds to the residual stream.</summary>
    public float ResidualScale { get; init; } = 1;

    /// <summary>Multiplies logits.</summary>
    public float LogitScale { get; init; } = 1;

    /// <summary>Soft cap of logits, applied last; 0 for none.</summary>
    public float LogitSoftCap { get; init; }

    /// <summary>The nonlinearity of the feed-forward block.</summary>
    public Activation Activation { get; init; }

    /// <summary>The limit of <see cref="Activation.ClampedSwiglu"/>.</summary>
    public float ActivationLimit { get; init; }

    /// <summary>Whether the feed-forward block is down(f(gate(x)) * up(x)) rather than down(f(up(x))).</summary>
    public bool GatedMlp { get; init; } = true;

    /// <summary>Routed experts; null for a dense model.</summary>
    public ExpertConfig? Experts { get; init; }

    /// <summary>The type the weights claim to have, when the file says so; each tensor's own type rules.</summary>
    public TensorType? WeightType { get; init; }

    /// <summary>Ids that end a text; may be empty.</summary>
    public required ImmutableArray<int> EosTokenIds { get; init; }

    /// <summary>The id a text begins with, if any.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>How the family's checkpoints name their tensors.</summary>
    internal TensorNames Names { get; init; } = TensorNames.Llama;

    /// <summary>The longest sequence that may be asked for: more than the model was trained on where its rotation is made to stretch.</summary>
    public int LongestSequence => Ropes.IsEmpty ? MaxPositionEmbeddings : Math.Max(MaxPositionEmbeddings, Ropes[0].StretchedPositions(MaxPositionEmbeddings));

    /// <summary>How the KV cache is kept: the one choice here that is made on opening and not in the file.</summary>
    public KvCacheDtype KvCacheDtype { get; init; }

    /// <summary>Width of all query heads.</summary>
    internal int QueryWidth => HeadCount * HeadDim;

    /// <summary>Width of all key heads, and of all value heads.</summary>
    internal int KvWidth => KvHeadCount * HeadDim;

    /// <summary>Width of all heads' outputs.</summary>
    internal int OutputWidth => HeadCount * ValueDim;

    /// <summary>Whether a layer routes to experts.</summary>
    /// <param name="layer">The layer.</param>
    internal bool HasExperts(int layer) => Experts is not null && Experts.Layers[layer] && HasFeedForward(layer);

    /// <summary>Whether a layer has a feed-forward block or experts.</summary>
    /// <param name="layer">The layer.</param>
    internal bool HasFeedForward(int layer) => Parts is not { } parts || parts[layer].HasFlag(LayerParts.FeedForward);

    /// <summary>Whether a layer has attention or what stands in its place.</summary>
    /// <param name="layer">The layer.</param>
    internal bool HasMixing(int layer) => Parts is not { } parts || parts[layer].HasFlag(LayerParts.Mixing);

    /// <summary>Whether a layer has attention.</summary>
    /// <param name="layer">The layer.</param>
    internal bool Attends(int layer) => HasMixing(layer) && !IsConv(layer) && !IsRecurrent(layer);

    /// <summary>Whether a layer has a short convolution instead of attention.</summary>
    /// <param name="layer">The layer.</param>
    internal bool IsConv(int layer) => ShortConv is not null && ShortConv.Layers[layer];

    /// <summary>Whether a layer keeps a state instead of keys and values.</summary>
    /// <param name="layer">The layer.</param>
    internal bool IsRecurrent(int layer) => Recurrent is not null && Recurrent.Layers[layer];

    /// <summary>Bytes that a PE keeps of a layer in each slot of states.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="share">The PE's part of it.</param>
    internal long StateBytesOf(int layer, PeShare share) => IsRecurrent(layer) ? share.Recurrent.StateFloats(Recurrent!) * sizeof(float) : 0;

    /// <summary>What a PE keeps of a layer in each block of the KV cache: its heads' keys and values, or floats of its channels.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="share">The PE's part of it.</param>
    internal KvPart KvPartOf(int layer, PeShare share) => IsConv(layer)
        ? new KvPart(1, (long)AttentionShape.BlockPositions * share.HeadCount * HeadDim * sizeof(float))
        : new KvPart(Attends(layer) ? share.OwnedKvHeadCount : 0, AttentionOf(layer).BlockBytes);

    /// <summary>The sizes of attention in a layer.</summary>
    /// <param name="layer">The layer.</param>
    internal AttentionShape AttentionOf(int layer) => new(
        HeadDim, (ValueDim + 15) & ~15, SlidingWindows[layer] ?? int.MaxValue,
        (AttentionScale ?? 1f / MathF.Sqrt(HeadDim)) / (ScaleByLayer ? layer + 1 : 1), AttentionSoftCap, KvCacheDtype)
    {
        ValueDim = ValueDim, Chunk = LayerRopes[layer] is null ? 0 : AttentionChunk,
    };

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
