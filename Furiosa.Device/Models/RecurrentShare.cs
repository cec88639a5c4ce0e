namespace Furiosa.Device.Models;

/// <summary>
/// Which heads of a layer with states one PE has. It computes the queries and keys of the groups that they belong to by itself, so that a group on a border
/// is computed by two PEs, and none needs another one's.
/// </summary>
/// <param name="FirstHead">First head.</param>
/// <param name="HeadCount">Heads; may be 0.</param>
/// <param name="FirstGroup">The first head's group.</param>
/// <param name="GroupCount">Groups of its heads.</param>
internal readonly record struct RecurrentShare(int FirstHead, int HeadCount, int FirstGroup, int GroupCount)
{
    /// <summary>The part of the PE that has some of the eight chunks.</summary>
    public static RecurrentShare Of(RecurrentConfig config, int firstChunk, int endChunk)
    {
        int first = ChunkPartition.Start(config.HeadCount, firstChunk), count = ChunkPartition.Start(config.HeadCount, endChunk) - first;
        int perGroup = config.HeadCount / config.GroupCount, group = first / perGroup;
        return new RecurrentShare(first, count, group, count == 0 ? 0 : (first + count - 1) / perGroup + 1 - group);
    }

    /// <summary>Channels of its convolution: its groups' queries, then their keys, then its heads' values.</summary>
    public int ConvWidth(RecurrentConfig config) => 2 * GroupCount * config.StateDim + HeadCount * config.HeadDim;

    /// <summary>Columns that the projection makes: those channels, then its heads' gates, then their steps and, where there are some, their betas.</summary>
    public int Columns(RecurrentConfig config) => ConvWidth(config) + HeadCount * (config.HeadDim + (config.Kind == RecurrentKind.GatedDelta ? 2 : 1));

    /// <summary>Floats of a slot: what the convolution reads of earlier positions, then each head's state.</summary>
    public long StateFloats(RecurrentConfig config) => TailFloats(config) + (long)HeadCount * config.StateDim * config.HeadDim;

    /// <summary>Floats of a slot before the first head's state.</summary>
    public long TailFloats(RecurrentConfig config) => (long)(config.ConvLength - 1) * ConvWidth(config);
}
