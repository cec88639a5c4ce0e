using Furiosa.Device.Execution;

namespace Furiosa.Device.Models;

/// <summary>Finds out what each PE of a stage would hold, by laying weights out one layer at a time without filling them.</summary>
internal static class WeightMeasure
{
    /// <summary>What the PEs of a stage hold, with the KV bytes of one block and the bytes of one slot of states.</summary>
    /// <param name="packer">A packer that does not fill.</param>
    /// <param name="config">The model.</param>
    /// <param name="tensorParallel">PEs of the group.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="stageCount">Stages of a replica.</param>
    public static IReadOnlyList<PeFootprint> OfStage(WeightPacker packer, ModelConfig config, int tensorParallel, int stage, int stageCount)
    {
        var (first, layers) = StageSize.LayersOf(config, stage, stageCount);
        return [.. PeShare.Of(config, tensorParallel, Enumerable.Range(0, tensorParallel)).Select(share => new PeFootprint(
            first, layers, share.HeadCount, share.KvHeadCount, Weights(packer, share, tensorParallel, first, layers, stage + 1 == stageCount),
            StageSize.KvBytes(config, first, layers, share)) { StateBytes = StageSize.StateBytes(config, first, layers, share) })];
    }

    private static long Weights(WeightPacker packer, PeShare share, int tensorParallel, int first, int layers, bool isLast)
    {
        var bytes = 0L;
        for (var layer = first; layer < first + layers; layer++)
        {
            using var shard = packer.PackLayer(layer, [share], tensorParallel)[0];
            bytes += shard.Bytes;
        }

        if (!isLast) return bytes;
        using var head = packer.PackHead(share);
        return bytes + head.Bytes;
    }
}
