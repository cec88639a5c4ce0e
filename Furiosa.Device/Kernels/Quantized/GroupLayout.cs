namespace Furiosa.Device.Kernels.Quantized;

/// <summary>
/// How the inputs of a quantised product are cut: groups of 32 that begin anew at each chunk, the last of a chunk filled up
/// with zeros. Matrices with equal chunks read the same quantised rows.
/// </summary>
internal sealed class GroupLayout
{
    /// <summary>Inputs of a group.</summary>
    public const int GroupSize = 32;

    /// <summary>Bytes of one group of a row: 32 signed values, the origin, and what a product starts from: for INT8 weights, for 4-bit ones, and for these in 16 bits.</summary>
    public const int RowGroupBytes = 48;

    /// <summary>
    /// 1.5 * 2^23 times the scale, which is a power of two: a whole number n under 2^22 added to the bits of this float adds n times the
    /// scale to its value. So sums are integers while products are added to them, and one subtraction makes scaled floats of them.
    /// </summary>
    public const int OriginOffset = 32;

    /// <summary>The origin's bits less 128 times the sum of the values: INT8 weights are stored with 128 added.</summary>
    public const int Int8StartOffset = 36;

    /// <summary>The origin's bits less 8 times the sum of the values: 4-bit weights are stored with 8 added.</summary>
    public const int Int4StartOffset = 40;

    /// <summary>For sums kept in 16 bits, where the origin is added afterwards: -8 times the sum of the values, and 0 in the upper half.</summary>
    public const int PairStartOffset = 44;

    /// <param name="chunkStarts">Ascending: where each chunk begins among the inputs, then the number of inputs.</param>
    /// <param name="ofPairs">Whether groups are pairs of inputs, kept as two bfloat16 without anything beside them.</param>
    public GroupLayout(int[] chunkStarts, bool ofPairs = false)
    {
        OfPairs = ofPairs;
        ChunkStarts = chunkStarts;
        ChunkGroups = new int[chunkStarts.Length];
        int size = ofPairs ? 2 : GroupSize;
        IsEven = true;
        for (int c = 0; c + 1 < chunkStarts.Length; c++)
        {
            IsEven &= chunkStarts[c] % GroupSize == 0;
            ChunkGroups[c + 1] = checked((int)(ChunkGroups[c] + ((long)chunkStarts[c + 1] - chunkStarts[c] + size - 1) / size));
        }
    }

    /// <summary>Whether a row is rounded to bfloat16, two inputs to a group, instead of quantised.</summary>
    public bool OfPairs { get; }

    /// <summary>Bytes of one group of a row.</summary>
    public int GroupBytes => OfPairs ? sizeof(uint) : RowGroupBytes;

    /// <summary>Groups whose weights, 9 to 17 KiB of them, stay in the nearest cache while many rows pass.</summary>
    public int BlockGroups => OfPairs ? 128 : 16;

    /// <summary>
    /// Whether a group begins at every 32nd input, as panels of 32 columns do: then whoever makes some panels of a row can quantise them without the
    /// rest of it.
    /// </summary>
    public bool IsEven { get; }

    public int[] ChunkStarts { get; }

    /// <summary>Index of each chunk's first group; last the number of groups.</summary>
    public int[] ChunkGroups { get; }

    public int ChunkCount => ChunkStarts.Length - 1;

    /// <summary>Inputs of a row.</summary>
    public int Inputs => ChunkStarts[^1];

    /// <summary>Bytes of a quantised or rounded row.</summary>
    public int RowBytes => ChunkGroups[^1] * GroupBytes;
}
