namespace Furiosa.Device.Models;

/// <summary>The nonlinearity of the feed-forward block's gate.</summary>
public enum HiddenActivation
{
    /// <summary>x / (1 + e^-x).</summary>
    Silu,
}
