using Furiosa.Device.Kernels.Quantized;

namespace Furiosa.Device.Kernels;

/// <summary>
/// The weights of one linear product, packed once for all batch sizes: panels of 32 output columns, k ascending inside, two k
/// to a pair. A product whose K sum tensor parallelism splits is made of chunks, each beginning with a fresh pair.
/// </summary>
internal sealed unsafe class PackedMatrix : IDisposable
{
    public const int PanelColumns = 32;

    private readonly NativeBuffer _data;

    /// <param name="format">How weights are kept.</param>
    /// <param name="columns">Outputs.</param>
    /// <param name="chunkStarts">Ascending: where each chunk begins among the inputs, then the number of inputs. One chunk unless split.</param>
    /// <param name="bias">One value per output; empty for none.</param>
    public PackedMatrix(WeightFormat format, int columns, int[] chunkStarts, ReadOnlySpan<float> bias)
    {
        Format = format;
        Columns = columns;
        ChunkStarts = chunkStarts;
        PanelCount = (columns + PanelColumns - 1) / PanelColumns;
        PairBytes = format == WeightFormat.Bf16 ? 128 : 256;
        ChunkPairs = new int[chunkStarts.Length];
        for (int c = 0; c + 1 < chunkStarts.Length; c++)
            ChunkPairs[c + 1] = ChunkPairs[c] + (chunkStarts[c + 1] - chunkStarts[c] + 1) / 2;
        if (format is WeightFormat.Int8 or WeightFormat.Int4)
        {
            Layout = new GroupLayout(chunkStarts);
            BlockBytes = QuantizedPacker.BlockBytes(format);
        }

        PanelBytes = Layout is null ? (long)ChunkPairs[^1] * PairBytes : (long)Layout.ChunkGroups[^1] * BlockBytes;
        long biasBytes = bias.IsEmpty ? 0 : PanelCount * PanelColumns * sizeof(float);
        _data = new NativeBuffer(PanelBytes * PanelCount + biasBytes);
        if (bias.IsEmpty) return;
        Bias = (float*)(_data.Pointer + PanelBytes * PanelCount);
        bias.CopyTo(new Span<float>(Bias, columns));
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

    /// <summary>Groups of the inputs of a quantised matrix; null for others.</summary>
    public GroupLayout? Layout { get; }

    /// <summary>Bytes of a group's block of a quantised matrix.</summary>
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
}
