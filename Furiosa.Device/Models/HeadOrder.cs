using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>
/// In which order the elements of a query or key head are packed. Where a model rotates pairs (2i, 2i + 1), the even ones of the rotated
/// part come first, then the odd ones: a score is the same sum, and all models rotate pairs (i, i + half).
/// </summary>
internal static class HeadOrder
{
    /// <summary>The element of the file's head for each element of a packed one.</summary>
    public static IEnumerable<int> Of(ModelConfig config)
    {
        int rotated = config.RotaryInterleaved ? config.RotaryDim : 0;
        for (int i = 0; i < rotated; i += 2) yield return i;
        for (int i = 1; i < rotated; i += 2) yield return i;
        for (int i = rotated; i < config.HeadDim; i++) yield return i;
    }

    /// <summary>A head's outputs in packed order.</summary>
    public static IEnumerable<Projection> Parts(Projection head, ModelConfig config)
    {
        if (!config.RotaryInterleaved) return [head];
        int rotated = config.RotaryDim;
        Projection[] pairs = [head.Slice(0, rotated / 2, step: 2), head.Slice(1, rotated / 2, step: 2)];
        return rotated == config.HeadDim ? pairs : [.. pairs, head.Slice(rotated, config.HeadDim - rotated)];
    }
}
