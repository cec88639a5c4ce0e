using Furiosa.Device.Execution;
using Furiosa.Device.Kernels;
using Furiosa.Device.Kv;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>One stage of one replica, as far as it lives in this process: weights, KV cache and how heads are spread.</summary>
internal sealed unsafe class StageModel : IDisposable
{
    private readonly NativeBuffer? _finalNorm;

    public StageModel(
        ModelConfig config, WeightCache weights, DecoderTensors tensors, StagePlacement placement, int blockCount, IProgress<string>? progress)
    {
        Config = config;
        Placement = placement;
        BlockCount = blockCount;
        (FirstLayer, LayerCount) = StageSize.LayersOf(config, placement.Stage, placement.StageCount);
        if (IsFirst) Embedding = weights.Embedding;
        Norms = [.. Enumerable.Range(FirstLayer, LayerCount).Select(weights.Norms)];
        Pes = PlacePes(weights, blockCount, progress);
        Groups = [.. Pes.SelectMany(GroupsOf)];
        if (!IsLast) return;
        _finalNorm = new NativeBuffer(config.HiddenSize * sizeof(float));
        tensors.FinalNorm.ReadRow(0, new Span<float>(_finalNorm.Floats, config.HiddenSize));
    }

    public ModelConfig Config { get; }

    public StagePlacement Placement { get; }

    public int TensorParallel => Placement.Pes.Count;

    public int BlockCount { get; }

    public int FirstLayer { get; }

    public int LayerCount { get; }

    public bool IsFirst => Placement.Stage == 0;

    public bool IsLast => Placement.Stage == Placement.StageCount - 1;

    /// <summary>Local members, in rank order.</summary>
    public StagePe[] Pes { get; }

    /// <summary>Every local query head's group.</summary>
    public AttentionGroup[] Groups { get; }

    /// <summary>Per layer of the stage.</summary>
    public LayerNorms[] Norms { get; }

    /// <summary>Null unless the stage is the last.</summary>
    public float* FinalNorm => _finalNorm is null ? null : _finalNorm.Floats;

    /// <summary>Null unless the stage is the first.</summary>
    public EmbeddingTable? Embedding { get; }

    /// <summary>Bytes held once for all PEs.</summary>
    public long SharedBytes => Norms.Sum(norm => norm.Bytes) + (_finalNorm?.Bytes ?? 0) + (Embedding?.ByteLength ?? 0);

    /// <summary>The attention of one layer of the stage.</summary>
    public AttentionShape AttentionOf(int layer) => ShapeOf(Config, Config.SlidingWindows[FirstLayer + layer]);

    /// <summary>The attention of a layer with the given window.</summary>
    public static AttentionShape ShapeOf(ModelConfig config, int? window) =>
        new(config.HeadDim, (config.HeadDim + 15) & ~15, window ?? int.MaxValue, 1f / MathF.Sqrt(config.HeadDim));

    public void Dispose()
    {
        _finalNorm?.Dispose();
        foreach (var pe in Pes) pe.Cache.Dispose();
    }

    private StagePe[] PlacePes(WeightCache weights, int blockCount, IProgress<string>? progress)
    {
        var shares = PeShare.Of(Config, TensorParallel, Placement.LocalRanks);
        var shards = shares.Select(_ => new LayerShard[LayerCount]).ToArray();
        for (int layer = 0; layer < LayerCount; layer++)
        {
            for (int i = 0; i < shares.Length; i++) shards[i][layer] = weights.Shard(FirstLayer + layer, TensorParallel, shares[i]);
            progress?.Report($"layer {FirstLayer + layer + 1} of {Config.LayerCount}");
        }

        var pes = new StagePe[shares.Length];
        int qkv = 0, attention = 0, ffn = 0;
        for (int i = 0; i < shares.Length; i++)
        {
            var cache = new KvCache(LayerCount, shares[i].OwnedKvHeadCount, blockCount, ShapeOf(Config, null));
            pes[i] = new StagePe(shares[i], shards[i], IsLast ? weights.Head(shares[i]) : null, cache)
            {
                Index = i, QkvOffset = qkv, AttentionOffset = attention, FfnOffset = ffn,
            };
            qkv += shards[i][0].Qkv.PaddedColumns;
            attention += shares[i].HeadCount * Config.HeadDim;
            ffn += shards[i][0].Gate.PaddedColumns;
        }

        return pes;
    }

    private IEnumerable<AttentionGroup> GroupsOf(StagePe pe)
    {
        int groupSize = Config.HeadCount / Config.KvHeadCount, end = pe.Share.FirstHead + pe.Share.HeadCount;
        for (int head = pe.Share.FirstHead; head < end;)
        {
            int kv = head / groupSize, next = Math.Min(end, (kv + 1) * groupSize);
            var owner = Pes.First(other => kv >= other.Share.FirstOwnedKvHead && kv < other.Share.FirstOwnedKvHead + other.Share.OwnedKvHeadCount);
            yield return new AttentionGroup(pe, head - pe.Share.FirstHead, next - head, owner, kv - owner.Share.FirstOwnedKvHead);
            head = next;
        }
    }
}
