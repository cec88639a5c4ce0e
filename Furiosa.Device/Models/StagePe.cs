using Furiosa.Device.Kernels;
using Furiosa.Device.Kv;

namespace Furiosa.Device.Models;

/// <summary>What one local PE holds of a stage, and where its columns stand in the group's buffers.</summary>
internal sealed class StagePe(PeShare share, LayerShard[] layers, PackedMatrix? head, KvCache cache, StateCache states) : IDisposable
{
    public PeShare Share => share;

    /// <summary>Place among the local PEs.</summary>
    public int Index { get; init; }

    /// <summary>Weights of the stage's layers.</summary>
    public LayerShard[] Layers => layers;

    /// <summary>Rows of the output head; null unless the stage is the last.</summary>
    public PackedMatrix? Head => head;

    public KvCache Cache => cache;

    /// <summary>What layers with states keep; empty without such layers.</summary>
    public StateCache States => states;

    /// <summary>First column of queries, keys and values, or of what a convolution or a state is made of.</summary>
    public int QkvOffset { get; init; }

    /// <summary>First column of attention output.</summary>
    public int AttentionOffset { get; init; }

    /// <summary>First column of the feed-forward width.</summary>
    public int FfnOffset { get; init; }

    /// <summary>First column of an expert's feed-forward width.</summary>
    public int ExpertOffset { get; init; }

    /// <summary>Columns of its queries, keys and values, or of what other layers have in their place where there are more of these: whole panels.</summary>
    public int QkvColumns(ModelConfig config)
    {
        int queries = share.HeadCount * config.HeadDim, columns = queries + share.OwnedKvHeadCount * (config.HeadDim + config.ValueDim), panel = PackedMatrix.PanelColumns;
        if (config.AttentionGate) columns += queries;
        if (config.Recurrent is { } recurrent) columns = Math.Max(columns, share.Recurrent.Columns(recurrent));
        if (config.ShortConv is not null) columns = Math.Max(columns, 3 * queries);
        return (columns + panel - 1) / panel * panel;
    }

    /// <summary>With latent attention, the first column of what its KV heads' matrices give.</summary>
    public int KeyValuesOffset { get; init; }

    /// <summary>Columns of the widest part that it has of a dense feed-forward block: whole panels.</summary>
    public int FfnColumns => Widest(layers.Select(layer => layer.Mlp).OfType<FfnShard>());

    /// <summary>Columns of the widest part that it has of an expert: whole panels.</summary>
    public int ExpertColumns => Widest(layers.SelectMany(layer => layer.Experts));

    public long WeightBytes => layers.Sum(layer => layer.Bytes) + (head?.Bytes ?? 0);

    public void Dispose()
    {
        cache.Dispose();
        states.Dispose();
    }

    private static int Widest(IEnumerable<FfnShard> blocks) => blocks.Select(ffn => ffn.Up.PaddedColumns).DefaultIfEmpty().Max();
}

/// <summary>Local query heads that read the same KV head, whichever PEs they belong to.</summary>
/// <param name="Heads">The heads: whose each is, and which of its heads.</param>
/// <param name="Owner">The PE that stores the KV head.</param>
/// <param name="OwnedIndex">Which of the owner's KV heads it is.</param>
internal sealed record AttentionGroup((StagePe Pe, int Head)[] Heads, StagePe Owner, int OwnedIndex);
