using Furiosa.Device.Execution;
using Furiosa.Device.Kernels;
using Furiosa.Device.Kernels.Quantized;
using Furiosa.Device.Kv;

namespace Furiosa.Device.Models;

/// <summary>One stage of one replica, as far as it lives in this process: weights, KV cache and how heads are spread.</summary>
internal sealed class StageModel : IDisposable
{
    private readonly NormBuffer? _finalNorm;
    private readonly NormBuffer? _embeddingNorm;

    public StageModel(
        ModelConfig config, WeightCache weights, DecoderTensors tensors, StagePlacement placement, CacheSize size, IProgress<string>? progress)
    {
        Config = config;
        Placement = placement;
        CacheSize = size;
        (FirstLayer, LayerCount) = StageSize.LayersOf(config, placement.Stage, placement.StageCount);
        if (IsFirst)
        {
            (Embedding, Positions) = (weights.Embedding, weights.Positions);
            if (tensors.EmbeddingNorm is { } norm) _embeddingNorm = new NormBuffer(norm, config);
        }

        if (IsLast)
        {
            _finalNorm = new NormBuffer(tensors.FinalNorm, config);
            tensors.EnsureUnchanged();
        }

        Shared = [.. Enumerable.Range(FirstLayer, LayerCount).Select(weights.Shared)];
        Pes = PlacePes(weights, progress);
        Groups = [.. Pes.SelectMany(HeadsOf).GroupBy(head => head.KvHead, head => (head.Pe, head.Head)).Select(GroupOf)];
    }

    public ModelConfig Config { get; }

    public StagePlacement Placement { get; }

    public int TensorParallel => Placement.Pes.Count;

    /// <summary>Whether all PEs of the group are here, so that whoever computes their partial sums can add them.</summary>
    public bool SumsHere => Placement.Link is null;

    public CacheSize CacheSize { get; }

    public int FirstLayer { get; }

    public int LayerCount { get; }

    public bool IsFirst => Placement.Stage == 0;

    public bool IsLast => Placement.Stage == Placement.StageCount - 1;

    /// <summary>Local members, in rank order.</summary>
    public StagePe[] Pes { get; }

    /// <summary>The local query heads, by the KV head that they read.</summary>
    public AttentionGroup[] Groups { get; }

    /// <summary>Per layer of the stage.</summary>
    public LayerShared[] Shared { get; }

    /// <summary>Absent unless the stage is the last.</summary>
    public Norm FinalNorm => _finalNorm?.Norm ?? default;

    /// <summary>Of embeddings; absent where there is none, and unless the stage is the first.</summary>
    public Norm EmbeddingNorm => _embeddingNorm?.Norm ?? default;

    /// <summary>Null unless the stage is the first.</summary>
    public EmbeddingTable? Embedding { get; }

    /// <summary>Null unless the stage is the first of a model with learned positions.</summary>
    public IPositionTable? Positions { get; }

    /// <summary>How the hidden state is grouped where products read it quantised; null where weights are not quantised.</summary>
    public GroupLayout? HiddenLayout => (Pes[0].Layers.SelectMany(layer => layer.Ffns).FirstOrDefault()?.Up ?? Pes[0].Layers[0].Qkv!).Layout;

    /// <summary>Bytes held once for all PEs.</summary>
    public long SharedBytes => Shared.Sum(layer => layer.Bytes) + (_finalNorm?.Bytes ?? 0) + (_embeddingNorm?.Bytes ?? 0) + (Embedding?.ByteLength ?? 0) + (Positions?.ByteLength ?? 0);

    /// <summary>The attention of one layer of the stage.</summary>
    public AttentionShape AttentionOf(int layer) => Config.AttentionOf(FirstLayer + layer);

    /// <summary>Whether one layer of the stage has a short convolution instead of attention.</summary>
    public bool IsConv(int layer) => Config.IsConv(FirstLayer + layer);

    /// <summary>Whether one layer of the stage keeps states instead of keys and values.</summary>
    public bool IsRecurrent(int layer) => Config.IsRecurrent(FirstLayer + layer);

    /// <summary>Whether one layer of the stage has attention.</summary>
    public bool Attends(int layer) => Config.Attends(FirstLayer + layer);

    /// <summary>Whether one layer of the stage has attention or what stands in its place.</summary>
    public bool HasMixing(int layer) => Config.HasMixing(FirstLayer + layer);

    /// <summary>Whether one layer of the stage has a feed-forward block or experts.</summary>
    public bool HasFeedForward(int layer) => Config.HasFeedForward(FirstLayer + layer);

    /// <summary>Whether one layer of the stage has experts.</summary>
    public bool HasExperts(int layer) => Config.HasExperts(FirstLayer + layer);

    public void Dispose()
    {
        _finalNorm?.Dispose();
        _embeddingNorm?.Dispose();
        foreach (var pe in Pes) pe.Dispose();
    }

    private StagePe[] PlacePes(WeightCache weights, IProgress<string>? progress)
    {
        var shares = PeShare.Of(Config, TensorParallel, Placement.LocalRanks);
        var shards = shares.Select(_ => new LayerShard[LayerCount]).ToArray();
        for (int layer = 0; layer < LayerCount; layer++)
        {
            var packed = weights.Shards(FirstLayer + layer, TensorParallel, shares);
            for (int i = 0; i < shares.Length; i++) shards[i][layer] = packed[i];
            progress?.Report($"layer {FirstLayer + layer + 1} of {Config.LayerCount}");
        }

        var pes = new StagePe[shares.Length];
        int qkv = 0, attention = 0, ffn = 0, expert = 0, keyValues = 0;
        for (int i = 0; i < shares.Length; i++)
        {
            var cache = new KvCache([.. Enumerable.Range(FirstLayer, LayerCount).Select(layer => Config.KvPartOf(layer, shares[i]))], CacheSize.Blocks);
            var states = new StateCache([.. Enumerable.Range(FirstLayer, LayerCount).Select(layer => Config.StateBytesOf(layer, shares[i]) / sizeof(float))], CacheSize.States);
            var pe = pes[i] = new StagePe(shares[i], shards[i], IsLast ? weights.Head(shares[i]) : null, cache, states)
            {
                Index = i, QkvOffset = qkv, AttentionOffset = attention, FfnOffset = ffn, ExpertOffset = expert, KeyValuesOffset = keyValues,
            };
            qkv += pe.QkvColumns(Config);
            keyValues += shards[i][0].KeyValues?.PaddedColumns ?? 0;
            attention += shares[i].HeadCount * Config.ValueDim;
            ffn += pe.FfnColumns;
            expert += pe.ExpertColumns;
        }

        return pes;
    }

    private IEnumerable<(StagePe Pe, int Head, int KvHead)> HeadsOf(StagePe pe) =>
        Enumerable.Range(0, pe.Share.HeadCount).Select(head => (pe, head, (pe.Share.FirstHead + head) / (Config.HeadCount / Config.KvHeadCount)));

    private AttentionGroup GroupOf(IGrouping<int, (StagePe Pe, int Head)> heads)
    {
        var owner = Pes.First(pe => heads.Key >= pe.Share.FirstOwnedKvHead && heads.Key < pe.Share.FirstOwnedKvHead + pe.Share.OwnedKvHeadCount);
        return new AttentionGroup([.. heads], owner, heads.Key - owner.Share.FirstOwnedKvHead);
    }
}
