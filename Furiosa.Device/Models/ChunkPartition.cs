namespace Furiosa.Device.Models;

/// <summary>
/// The eight chunks of the numerics rule. Whatever the parallelism, of U units chunk c holds floor(cU/8) to floor((c+1)U/8)-1,
/// and a PE of a group of t owns 8/t consecutive chunks: a whole subtree of the sum.
/// </summary>
internal static class ChunkPartition
{
    public const int ChunkCount = 8;

    /// <summary>Inputs of the MLP's down product are cut at multiples of this; so is the vocabulary, which keeps panels whole.</summary>
    public const int UnitWidth = 32;

    /// <summary>First unit of a chunk.</summary>
    public static int Start(int units, int chunk) => (int)((long)chunk * units / ChunkCount);

    /// <summary>Where a rank's share of <paramref name="size"/> elements in units of <paramref name="width"/> begins.</summary>
    public static int Start(int size, int width, int chunk) => Math.Min(size, Start((size + width - 1) / width, chunk) * width);

    /// <summary>Borders of a rank's chunks, relative to the first.</summary>
    public static int[] Borders(int size, int width, int tensorParallel, int rank)
    {
        int chunks = ChunkCount / tensorParallel, first = rank * chunks;
        var borders = new int[chunks + 1];
        for (int c = 0; c <= chunks; c++) borders[c] = Start(size, width, first + c) - Start(size, width, first);
        return borders;
    }
}
