using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>
/// In which order the elements of a query or key head are packed. Where a model rotates pairs (2i, 2i + 1), the even ones of the rotated
/// part come first, then the odd ones, and a rotated part that comes last is packed first: a score is the same sum, and all models rotate pairs (i, i + half).
/// </summary>
internal static class HeadOrder
{
    /// <summary>The element of the file's head for each element of a packed one.</summary>
    public static IEnumerable<int> Of(ModelConfig config)
    {
        int first = config.RotaryLast ? config.HeadDim - config.RotaryDim : 0, rotated = config.RotaryInterleaved || config.RotaryLast ? config.RotaryDim : 0;
        int step = config.RotaryInterleaved ? 2 : 1;
        for (int part = 0; part < step; part++)
        {
            for (int i = part; i < rotated; i += step) yield return first + i;
        }

        for (int i = 0; i < config.HeadDim; i++)
        {
            if (i < first || i >= first + rotated) yield return i;
        }
    }

    /// <summary>A head's outputs in packed order.</summary>
    public static IEnumerable<Projection> Parts(Projection head, ModelConfig config)
    {
        if (!config.RotaryInterleaved && !config.RotaryLast) return [head];
        int rotated = config.RotaryDim, rest = config.HeadDim - rotated;
        var turned = Rotated(head.Slice(config.RotaryLast ? rest : 0, rotated), config);
        return rest == 0 ? turned : [.. turned, head.Slice(config.RotaryLast ? 0 : rotated, rest)];
    }

    /// <summary>Outputs that are all rotated, in packed order.</summary>
    public static Projection[] Rotated(Projection part, ModelConfig config) =>
        config.RotaryInterleaved ? [part.Slice(0, config.RotaryDim / 2, step: 2), part.Slice(1, config.RotaryDim / 2, step: 2)] : [part];
}
