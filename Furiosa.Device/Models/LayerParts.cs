namespace Furiosa.Device.Models;

/// <summary>What a layer has of the two blocks.</summary>
[Flags]
public enum LayerParts
{
    /// <summary>Attention, a convolution or a state.</summary>
    Mixing = 1,

    /// <summary>A dense feed-forward block or experts.</summary>
    FeedForward = 2,
}
