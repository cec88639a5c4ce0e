namespace Furiosa.Device.Models;

/// <summary>What a part of a stage takes, known without opening a weight: for deciding where stages go.</summary>
/// <param name="FirstLayer">First layer of the stage.</param>
/// <param name="LayerCount">Layers of the stage.</param>
/// <param name="WeightShare">About what part of the model's weights it holds, from 0 to 1.</param>
/// <param name="KvBytesPerBlock">Bytes of KV cache that one block of 16 positions takes in it.</param>
public sealed record StageSize(int FirstLayer, int LayerCount, double WeightShare, long KvBytesPerBlock)
{
    /// <summary>Bytes that one slot of states takes in it.</summary>
    public long StateBytesPerSlot { get; init; }

    /// <summary>The layers of one stage.</summary>
    public static (int First, int Count) LayersOf(ModelConfig config, int stage, int stageCount)
    {
        ArgumentNullException.ThrowIfNull(config);
        var first = (int)((long)stage * config.LayerCount / stageCount);
        return (first, (int)((stage + 1L) * config.LayerCount / stageCount) - first);
    }

    /// <summary>The size of some ranks of a stage's group that share a process.</summary>
    /// <param name="config">The model.</param>
    /// <param name="stage">Index of the stage.</param>
    /// <param name="stageCount">Stages of the replica.</param>
    /// <param name="tensorParallel">PEs of the group.</param>
    /// <param name="ranks">Which of them, ascending.</param>
    public static StageSize Of(ModelConfig config, int stage, int stageCount, int tensorParallel, IReadOnlyList<int> ranks)
    {
        ArgumentNullException.ThrowIfNull(ranks);
        var (first, count) = LayersOf(config, stage, stageCount);
        var shares = PeShare.Of(config, tensorParallel, ranks);
        var kv = shares.Sum(share => KvBytes(config, first, count, share));
        return new StageSize(first, count, (double)count * ranks.Count / config.LayerCount / tensorParallel, kv)
        {
            StateBytesPerSlot = shares.Sum(share => StateBytes(config, first, count, share)),
        };
    }

    /// <summary>Bytes of KV cache that one block takes in one PE.</summary>
    /// <param name="config">The model.</param>
    /// <param name="first">First layer of the PE's stage.</param>
    /// <param name="count">Layers of the stage.</param>
    /// <param name="share">The PE's part of each layer.</param>
    internal static long KvBytes(ModelConfig config, int first, int count, PeShare share) =>
        Enumerable.Range(first, count).Sum(layer => config.KvPartOf(layer, share).Bytes);

    /// <summary>Bytes that one slot of states takes in one PE.</summary>
    /// <param name="config">The model.</param>
    /// <param name="first">First layer of the PE's stage.</param>
    /// <param name="count">Layers of the stage.</param>
    /// <param name="share">The PE's part of each layer.</param>
    internal static long StateBytes(ModelConfig config, int first, int count, PeShare share) =>
        Enumerable.Range(first, count).Sum(layer => config.StateBytesOf(layer, share));
}
