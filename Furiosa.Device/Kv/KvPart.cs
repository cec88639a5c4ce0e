namespace Furiosa.Device.Kv;

/// <summary>What a PE keeps of one layer in each block of the cache.</summary>
/// <param name="Heads">Parts that are alike: KV heads, or one for all channels of a convolution.</param>
/// <param name="HeadBytes">Bytes of one part.</param>
internal readonly record struct KvPart(int Heads, long HeadBytes)
{
    /// <summary>Bytes of all parts.</summary>
    public long Bytes => Heads * HeadBytes;
}
