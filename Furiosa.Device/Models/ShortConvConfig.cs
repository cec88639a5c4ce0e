using System.Collections.Immutable;

namespace Furiosa.Device.Models;

/// <summary>Layers that mix a few neighbouring positions by a convolution where others attend to all of them.</summary>
/// <param name="Length">Positions that an output is made of, the own one included.</param>
/// <param name="Bias">Whether the convolution and the products before and after it have biases.</param>
/// <param name="Layers">One entry a layer: whether it is such a layer.</param>
public sealed record ShortConvConfig(int Length, bool Bias, ImmutableArray<bool> Layers)
{
    /// <summary>The longest convolution.</summary>
    internal const int MostLength = 16;
}
