namespace Furiosa.Actors.Scheduling;

/// <summary>Arithmetic of KV blocks.</summary>
internal static class KvBlocks
{
    /// <summary>Positions per block; the device's caches and attention tiles are laid out by it.</summary>
    public const int Size = 16;

    /// <summary>Blocks that <paramref name="positions"/> positions need.</summary>
    public static int Needed(int positions) => (positions + Size - 1) / Size;
}
