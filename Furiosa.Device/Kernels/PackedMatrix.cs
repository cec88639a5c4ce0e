using System.Numerics;
using Furiosa.Device.Kernels.Coded;
using Furiosa.Device.Kernels.Quantized;

namespace Furiosa.Device.Kernels;

/// <summary>
/// The weights of one linear product, packed once for all batch sizes: panels of 32 output columns, k ascending inside, two k
/// to a pair. A product whose K sum tensor parallelism splits is made of chunks, each beginning with a fresh pair.
/// </summary>
internal sealed unsafe class PackedMatrix : IDisposable
{
    public const int PanelColumns = 32;

    /// <summary>Most chunks of the inputs, whose sums are added as a binary tree.</summary>
    public const int MostChunks = 8;

    private readonly NativeBuffer _data;

    /// <param name="format">How weights are kept.</param>
    /// <param name="columns">Outputs.</param>
    /// <param name="chunkStarts">Ascending: where each chunk begins among the inputs, then the number of inputs. One chunk unless split.</param>
    /// <param name="bias">One value per output; empty for none.</param>
    /// <param name="codes">How the codes of a quantised file are kept; null for other formats.</param>
    /// <param name="memory">Where room is made for it, which must outlive it; null for memory of its own.</param>
    public PackedMatrix(WeightFormat format, int columns, int[] chunkStarts, ReadOnlySpan<float> bias, CodeLayout? codes = null, HugePages? memory = null)
        : this(format, columns, chunkStarts, !bias.IsEmpty, codes, null, memory)
    {
        if (!bias.IsEmpty) bias.CopyTo(new Span<float>(Bias, columns));
    }

    /// <summary>A matrix that is packed already, in memory that outlives it and is not written.</summary>
    /// <param name="format">How weights are kept.</param>
    /// <param name="columns">Outputs.</param>
    /// <param name="chunkStarts">Where each chunk begins among the inputs, then the number of inputs.</param>
    /// <param name="hasBias">Whether biases follow the panels.</param>
    /// <param name="codes">How the codes of a quantised file are kept; null for other formats.</param>
    /// <param name="data">The panels.</param>
    public PackedMatrix(WeightFormat format, int columns, int[] chunkStarts, bool hasBias, CodeLayout? codes, byte* data)
        : this(format, columns, chunkStarts, hasBias, codes, data, null)
    {
    }

    private PackedMatrix(WeightFormat format, int columns, int[] chunkStarts, bool hasBias, CodeLayout? codes, byte* data, HugePages? memory)
    {
        if (!BitOperations.IsPow2(chunkStarts.Length - 1) || chunkStarts.Length - 1 > MostChunks)
            throw new ArgumentException($"A product has 1, 2, 4 or 8 chunks, not {chunkStarts.Length - 1}.", nameof(chunkStarts));
        Format = format;
        Codes = codes;
        Columns = columns;
        ChunkStarts = chunkStarts;
        PanelCount = (columns + PanelColumns - 1) / PanelColumns;
        PairBytes = format is WeightFormat.Bf16 or WeightFormat.Bf16Rounded ? 128 : 256;
        ChunkPairs = Counted(chunkStarts, 2);
        ChunkBlocks = codes is null ? [] : Counted(chunkStarts, codes.GroupSize);
        if (format is WeightFormat.Int8 or WeightFormat.Int4 or WeightFormat.Bf16Rounded) Layout = new GroupLayout(chunkStarts, format == WeightFormat.Bf16Rounded);
        BlockBytes = codes?.BlockBytes ?? (Layout is null ? 0 : Layout.OfPairs ? PairBytes : QuantizedPacker.BlockBytes(format));
        PanelBytes = codes is not null ? (long)ChunkBlocks[^1] * BlockBytes
            : Layout is null ? (long)ChunkPairs[^1] * PairBytes : (long)Layout.ChunkGroups[^1] * BlockBytes;
        var bytes = checked(PanelBytes * PanelCount + (hasBias ? (long)PaddedColumns * sizeof(float) : 0));
        if (data is null && memory is not null) data = memory.Take(bytes);
        _data = data is null ? new NativeBuffer(bytes) : new NativeBuffer(data, bytes);
        if (hasBias) Bias = (float*)(_data.Pointer + PanelBytes * PanelCount);
    }

    public WeightFormat Format { get; }

    /// <summary>Outputs. The last panel is filled up with zero columns.</summary>
    public int Columns { get; }

    public int PanelCount { get; }

    /// <summary>Columns as stored: whole panels.</summary>
    public int PaddedColumns => PanelCount * PanelColumns;

    public int[] ChunkStarts { get; }

    /// <summary>Index of each chunk's first pair; last the number of pairs.</summary>
    public int[] ChunkPairs { get; }

    public int ChunkCount => ChunkStarts.Length - 1;

    public int PairBytes { get; }

    /// <summary>Groups of the inputs of a matrix whose rows are quantised or rounded; null for others.</summary>
    public GroupLayout? Layout { get; }

    /// <summary>How a matrix keeps the codes of a quantised file; null for others.</summary>
    public CodeLayout? Codes { get; }

    /// <summary>Index of each chunk's first block of codes; last the number of blocks.</summary>
    public int[] ChunkBlocks { get; }

    /// <summary>Bytes of a group's block of such a matrix or one of codes.</summary>
    public int BlockBytes { get; }

    public long PanelBytes { get; }

    /// <summary>Padded with zeros; null for none.</summary>
    public float* Bias { get; }

    public long Bytes => _data.Bytes;

    public byte* Panel(int index) => _data.Pointer + index * PanelBytes;

    /// <summary>Sets all weights and biases to zero: for tests that show that a slice counts.</summary>
    public void Clear()
    {
        for (byte* p = _data.Pointer, end = p + _data.Bytes; p < end; p += sizeof(float)) *(float*)p = 0;
    }

    public void Dispose() => _data.Dispose();

    /// <summary>Bytes that a matrix of such a form takes.</summary>
    public static long BytesOf(WeightFormat format, int columns, int[] chunkStarts, bool hasBias, CodeLayout? codes)
    {
        // A place that is no pointer to anything: only sizes are asked for.
        using var form = new PackedMatrix(format, columns, chunkStarts, hasBias, codes, (byte*)64);
        return form.Bytes;
    }

    private static int[] Counted(int[] chunkStarts, int size)
    {
        var starts = new int[chunkStarts.Length];
        for (int c = 0; c + 1 < chunkStarts.Length; c++) starts[c + 1] = checked((int)(starts[c] + ((long)chunkStarts[c + 1] - chunkStarts[c] + size - 1) / size));
        return starts;
    }
}
