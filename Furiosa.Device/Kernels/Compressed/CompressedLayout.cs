namespace Furiosa.Device.Kernels.Compressed;

/// <summary>
/// How panels keep bfloat16 weights in twelve bits each without losing one. The upper byte of a weight is its sign and the upper seven bits
/// of its exponent, of which the weights of a model use few: a block of 128 inputs by 32 columns has a table of the sixteen upper bytes that it
/// has most often (or the table of the block before, where that has them all), a nibble for each weight that says which, and a short list of the weights that have another one. The lower byte stays as it is.
/// <para>
/// A block is a header (the table, the places of the exceptions in ascending order, their upper bytes), then units of four inputs: the lower bytes of
/// two pairs of inputs, and 64 bytes of nibbles, of which the low ones belong to the first pair and the high ones to the second. The 64 bytes of a
/// pair are four times sixteen: four columns of both inputs, then the columns sixteen behind them, so that interleaving lanes of sixteen bytes
/// gives sixteen columns each. Blocks begin anew at each chunk.
/// </para>
/// </summary>
internal sealed class CompressedLayout
{
    /// <summary>Inputs of a block.</summary>
    public const int BlockInputs = 128;

    /// <summary>Upper bytes in a block's table.</summary>
    public const int TableSize = 16;

    /// <summary>Most weights of a block whose upper byte is not in the table.</summary>
    public const int MostExceptions = 16;

    /// <summary>Where the places of the exceptions begin in a header, two bytes each: 32 times the input, and the column.</summary>
    public const int PlacesOffset = TableSize;

    /// <summary>Where their upper bytes begin.</summary>
    public const int BytesOffset = PlacesOffset + MostExceptions * sizeof(ushort);

    /// <summary>The place of no exception, and of none behind it.</summary>
    public const ushort NoPlace = ushort.MaxValue;

    /// <summary>Bytes of a header.</summary>
    public const int HeaderBytes = BytesOffset + MostExceptions;

    /// <summary>Weights of a pair of inputs, and its lower bytes.</summary>
    public const int PairWeights = 2 * PackedMatrix.PanelColumns;

    /// <summary>Inputs of a unit.</summary>
    public const int UnitInputs = 4;

    /// <summary>Weights of a unit.</summary>
    public const int UnitWeights = 2 * PairWeights;

    /// <summary>Where a unit's nibbles begin.</summary>
    public const int NibblesOffset = UnitWeights;

    /// <summary>Bytes of a unit.</summary>
    public const int UnitBytes = NibblesOffset + PairWeights;

    /// <summary>Bytes of a whole block.</summary>
    public const int BlockBytes = HeaderBytes + BlockInputs / UnitInputs * UnitBytes;

    /// <param name="chunkStarts">Ascending: where each chunk begins among the inputs, then the number of inputs.</param>
    public CompressedLayout(int[] chunkStarts)
    {
        ChunkOffsets = new long[chunkStarts.Length];
        for (int c = 0; c + 1 < chunkStarts.Length; c++) ChunkOffsets[c + 1] = ChunkOffsets[c] + BytesOf(chunkStarts[c + 1] - chunkStarts[c]);
    }

    /// <summary>Where each chunk's first block begins in a panel; last the bytes of a panel.</summary>
    public long[] ChunkOffsets { get; }

    /// <summary>The block of an input of a chunk, which becomes that input's number in its block.</summary>
    /// <param name="blocks">The chunk's first block.</param>
    /// <param name="input">Which input.</param>
    public static unsafe byte* BlockOf(byte* blocks, ref int input)
    {
        byte* block = blocks + (nint)(input / BlockInputs) * BlockBytes;
        input %= BlockInputs;
        return block;
    }

    /// <summary>Looks at one place of a block's list, whose end is the first that does not ascend or that no block has: the file may be anybody's.</summary>
    /// <param name="block">The block.</param>
    /// <param name="index">Which exception.</param>
    /// <param name="place">Where it is.</param>
    public static unsafe bool HasException(byte* block, int index, out int place)
    {
        ushort* places = (ushort*)(block + PlacesOffset);
        place = index < MostExceptions ? places[index] : NoPlace;
        return place < BlockInputs * PackedMatrix.PanelColumns && (index == 0 || place > places[index - 1]);
    }

    private static long BytesOf(int inputs) =>
        ((long)inputs + BlockInputs - 1) / BlockInputs * HeaderBytes + ((long)inputs + UnitInputs - 1) / UnitInputs * UnitBytes;
}
