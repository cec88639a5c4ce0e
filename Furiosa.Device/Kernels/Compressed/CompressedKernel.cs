using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels.Compressed;

/// <summary>
/// Linear products over compressed panels. Weights are widened in registers as they are read, once for all rows that pass over a block, or for tiles of half a
/// panel expanded before; each output is
/// the same chain of fused multiply-adds as over a plain panel, and has the same bits.
/// </summary>
internal static unsafe class CompressedKernel<TLanes> where TLanes : struct, ILanes<TLanes>
{
    private const int BlockInputs = CompressedLayout.BlockInputs;
    private const int KeptBlocks = 6; // 96 KiB of floats, as plain weights
    private const int Columns = PackedMatrix.PanelColumns;
    private const int TileRows = LinearBlock<TLanes>.TileRows;

    /// <inheritdoc cref="LinearKernel{TLanes,TPanel}.Run"/>
    public static void Run(PackedMatrix matrix, int firstPanel, int panelCount, float* a, nint aStride, int rows, float* y, nint yStride) =>
        PanelSums<TLanes>.Write(new Product(matrix, matrix.PanelCount, a, aStride), matrix, firstPanel, panelCount, rows, y, yStride);

    /// <inheritdoc cref="PanelSums{TLanes}.WriteChunks"/>
    public static void Chunks(PackedMatrix matrix, int panel, float* a, nint aStride, int rows, float* sums) =>
        PanelSums<TLanes>.WriteChunks(new Product(matrix, panel + 1, a, aStride), matrix, panel, rows, sums);

    /// <summary>Rows of one tile, which read each weight once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Few(float* a, nint aStride, int k, byte* block, byte* end, int rows, float* y, nint yStride)
    {
        for (int from = 0; from < k; from += BlockInputs)
        {
            byte* next = block + CompressedLayout.BlockBytes;
            CompressedBlock<TLanes>.Multiply(a + from, aStride, Math.Min(BlockInputs, k - from), block, rows, y, yStride, from > 0, next, Lines(next, end, 1), null);
            block = next;
        }
    }

    /// <summary>Some blocks at a time: the first tile widens their weights, the other rows read floats.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Many(float* a, nint aStride, int k, byte* block, byte* end, int rows, float* y, nint yStride)
    {
        int blocks = EvenBlocks.Size((k + BlockInputs - 1) / BlockInputs, KeptBlocks), atOnce = blocks * BlockInputs;
        float* room = stackalloc float[atOnce * Columns + 16], kept = (float*)(((nint)room + 63) & ~63);
        float* otherA = a + TileRows * aStride, otherY = y + TileRows * yStride;
        for (int from = 0; from < k; from += atOnce)
        {
            // The first tile fetches its share of the lines that come next, a piece with each block.
            int count = Math.Min(atOnce, k - from);
            byte* next = block + (nint)blocks * CompressedLayout.BlockBytes;
            long lines = Lines(next, end, blocks), piece = lines / (rows / TileRows) / blocks;
            for (int i = 0; i < count; i += BlockInputs, block += CompressedLayout.BlockBytes, next += piece * 64)
                CompressedBlock<TLanes>.Multiply(a + from + i, aStride, Math.Min(BlockInputs, count - i), block, TileRows, y, yStride, from + i > 0, next, piece, kept + i * Columns);
            LinearBlock<TLanes>.Run(
                otherA + from, aStride, count, new WideReader<TLanes>(kept), rows - TileRows, otherY, yStride, from > 0, next, lines - blocks * piece);
        }
    }

    /// <summary>Rows in tiles of half a panel: all weights of a block are expanded first.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Halves(float* a, nint aStride, int k, byte* block, byte* end, int rows, float* y, nint yStride)
    {
        ushort* room = stackalloc ushort[BlockInputs * Columns + 32], pairs = (ushort*)(((nint)room + 63) & ~63);
        for (int from = 0; from < k; from += BlockInputs)
        {
            int count = Math.Min(BlockInputs, k - from);
            CompressedBlock<TLanes>.Expand(block, count, pairs);
            block += CompressedLayout.BlockBytes;
            HalfPanelTiles<TLanes, Bf16Panel<TLanes>>.BothHalves(a + from, aStride, count, (byte*)pairs, rows, y, yStride, from > 0, block, Lines(block, end, 1));
        }
    }

    /// <summary>Cache lines of the blocks that come next, up to the end.</summary>
    private static long Lines(byte* next, byte* end, int blocks) => Math.Clamp((end - next) / 64, 0, (long)blocks * CompressedLayout.BlockBytes / 64);

    // What comes next is fetched, up to a panel: whoever takes it up finds it nearer.
    private readonly struct Product(PackedMatrix matrix, int endPanel, float* a, nint aStride) : IPanelProduct
    {
        public void Run(int panel, int chunk, int first, int rows, float* sums, nint stride)
        {
            int start = matrix.ChunkStarts[chunk], inputs = matrix.ChunkStarts[chunk + 1] - start;
            byte* block = matrix.Panel(panel) + matrix.Compression!.ChunkOffsets[chunk], end = matrix.Panel(endPanel);
            float* row = a + first * aStride + start;
            if (TLanes.IsPair && rows > 1) Halves(row, aStride, inputs, block, end, rows, sums, stride);
            else if (rows <= TileRows) Few(row, aStride, inputs, block, end, rows, sums, stride);
            else Many(row, aStride, inputs, block, end, rows, sums, stride);
        }
    }
}
