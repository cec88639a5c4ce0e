using System.Numerics;
using Furiosa.Device.Kernels.Coded;
using Furiosa.Device.Kernels.Compressed;
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

    /// <param name="form">Its form.</param>
    /// <param name="bias">One value per output; empty for none.</param>
    /// <param name="memory">Where room is made for it, which must outlive it; null for memory of its own.</param>
    public PackedMatrix(MatrixForm form, ReadOnlySpan<float> bias, HugePages? memory = null)
        : this(form, memory, null)
    {
        if (form.HasBias) bias.CopyTo(new Span<float>(Bias, Columns));
    }

    /// <summary>A matrix of a plain form, in memory of its own.</summary>
    /// <param name="format">How weights are kept.</param>
    /// <param name="columns">Outputs.</param>
    /// <param name="chunkStarts">Where each chunk begins among the inputs, then the number of inputs.</param>
    /// <param name="bias">One value per output; empty for none.</param>
    public PackedMatrix(WeightFormat format, int columns, int[] chunkStarts, ReadOnlySpan<float> bias)
        : this(new MatrixForm(format, columns, chunkStarts, !bias.IsEmpty), bias)
    {
    }

    /// <summary>A matrix that is packed already, in memory that outlives it and is not written.</summary>
    /// <param name="form">Its form.</param>
    /// <param name="data">The panels.</param>
    public PackedMatrix(MatrixForm form, byte* data)
        : this(form, null, data)
    {
    }

    private PackedMatrix(MatrixForm form, HugePages? memory, byte* data, PackedMatrix? whole = null)
    {
        var (format, chunkStarts, codes) = (form.Format, form.ChunkStarts, form.Codes);
        if (!BitOperations.IsPow2(chunkStarts.Length - 1) || chunkStarts.Length - 1 > MostChunks)
            throw new ArgumentException($"A product has 1, 2, 4 or 8 chunks, not {chunkStarts.Length - 1}.", nameof(form));
        Form = form;
        PanelCount = (Columns + PanelColumns - 1) / PanelColumns;
        PairBytes = format is WeightFormat.Bf16 or WeightFormat.Bf16Rounded or WeightFormat.F16 ? 128 : 256;
        ChunkPairs = Counted(chunkStarts, 2);
        ChunkBlocks = codes is null ? [] : Counted(chunkStarts, codes.BlockInputs);
        if (form.IsCompressed) Compression = new CompressedLayout(chunkStarts);
        if (format is WeightFormat.Int8 or WeightFormat.Int4 or WeightFormat.Bf16Rounded) Layout = new GroupLayout(chunkStarts, format == WeightFormat.Bf16Rounded);
        BlockBytes = codes?.BlockBytes ?? (Layout is null ? 0 : Layout.OfPairs ? PairBytes : QuantizedPacker.BlockBytes(format));
        (Whole, PanelBytes) = (whole, ChunkOffset(ChunkCount));
        var bytes = checked(PanelBytes * PanelCount + (form.HasBias ? (long)PaddedColumns * sizeof(float) : 0));
        if (data is null && memory is not null) data = memory.Take(bytes);
        _data = data is null ? new NativeBuffer(bytes) : new NativeBuffer(data, bytes);
        if (form.HasBias) Bias = (float*)(_data.Pointer + PanelBytes * PanelCount);
    }

    public MatrixForm Form { get; }

    public WeightFormat Format => Form.Format;

    /// <summary>Outputs. The last panel is filled up with zero columns.</summary>
    public int Columns => Form.Columns;

    public int PanelCount { get; }

    /// <summary>Columns as stored: whole panels.</summary>
    public int PaddedColumns => PanelCount * PanelColumns;

    public int[] ChunkStarts => Form.ChunkStarts;

    /// <summary>Index of each chunk's first pair; last the number of pairs.</summary>
    public int[] ChunkPairs { get; }

    public int ChunkCount => ChunkStarts.Length - 1;

    public int PairBytes { get; }

    /// <summary>Groups of the inputs of a matrix whose rows are quantised or rounded; null for others.</summary>
    public GroupLayout? Layout { get; }

    /// <summary>How a matrix keeps the codes of a quantised file; null for others.</summary>
    public CodeLayout? Codes => Form.Codes;

    /// <summary>How a matrix keeps compressed weights; null for others.</summary>
    public CompressedLayout? Compression { get; }

    /// <summary>Index of each chunk's first block of codes; last the number of blocks.</summary>
    public int[] ChunkBlocks { get; }

    /// <summary>Bytes of a group's block of such a matrix or one of codes.</summary>
    public int BlockBytes { get; }

    /// <summary>Bytes of a panel of its own.</summary>
    public long PanelBytes { get; }

    /// <summary>What this is a <see cref="Slice"/> of; null for a matrix of its own.</summary>
    public PackedMatrix? Whole { get; }

    /// <summary>Padded with zeros; null for none.</summary>
    public float* Bias { get; }

    public long Bytes => _data.Bytes;

    public byte* Panel(int index) => _data.Pointer + index * (Whole ?? this).PanelBytes;

    /// <summary>
    /// Some of the chunks, where they lie: panels of slices lie side by side, so that a product over all of them reads memory in one run. The whole must
    /// outlive it and has no bias.
    /// </summary>
    /// <param name="firstChunk">The first.</param>
    /// <param name="count">How many.</param>
    public PackedMatrix Slice(int firstChunk, int count)
    {
        if (Form.HasBias) throw new InvalidOperationException("A matrix with a bias cannot be cut by inputs: each part would add it.");
        int[] starts = [.. ChunkStarts.Skip(firstChunk).Take(count + 1).Select(start => start - ChunkStarts[firstChunk])];
        return new PackedMatrix(Form with { ChunkStarts = starts }, null, _data.Pointer + ChunkOffset(firstChunk), Whole ?? this);
    }

    /// <summary>Sets all weights and biases to zero: for tests that show that a slice counts.</summary>
    public void Clear()
    {
        for (int panel = 0; panel < PanelCount; panel++) new Span<byte>(Panel(panel), checked((int)PanelBytes)).Clear();
        if (Bias is not null) new Span<float>(Bias, PaddedColumns).Clear();
    }

    public void Dispose() => _data.Dispose();

    /// <summary>Bytes that a matrix of such a form takes.</summary>
    public static long BytesOf(MatrixForm form)
    {
        // A place that is no pointer to anything: only sizes are asked for.
        using var matrix = new PackedMatrix(form, (byte*)64);
        return matrix.Bytes;
    }

    // Of a panel, from its beginning.
    private long ChunkOffset(int chunk) => Compression is not null ? Compression.ChunkOffsets[chunk]
        : Codes is not null ? (long)ChunkBlocks[chunk] * BlockBytes
        : Layout is null ? (long)ChunkPairs[chunk] * PairBytes : (long)Layout.ChunkGroups[chunk] * BlockBytes;

    private static int[] Counted(int[] chunkStarts, int size)
    {
        var starts = new int[chunkStarts.Length];
        for (int c = 0; c + 1 < chunkStarts.Length; c++) starts[c + 1] = checked((int)(starts[c] + ((long)chunkStarts[c + 1] - chunkStarts[c] + size - 1) / size));
        return starts;
    }
}
