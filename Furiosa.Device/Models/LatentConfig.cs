namespace Furiosa.Device.Models;

/// <summary>
/// Multi-head latent attention: queries are made from one small vector, keys and values from another, and all heads share the rotated
/// part of the key. Keys and values are kept as they are after that, head by head.
/// </summary>
/// <param name="QueryRank">Elements of the vector that queries are made from; 0 where they come from the input itself.</param>
/// <param name="KeyRank">Elements of the vector that keys and values are made from.</param>
/// <param name="PlainDim">Elements of a head that are not rotated; the rotated ones come after them.</param>
public sealed record LatentConfig(int QueryRank, int KeyRank, int PlainDim)
{
    /// <summary>The epsilon of the two vectors' norms, which no file gives.</summary>
    internal const float NormEps = 1e-6f;
}
