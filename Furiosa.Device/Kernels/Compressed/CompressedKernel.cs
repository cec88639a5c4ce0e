using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels.Compressed;

/// <summary>
/// Linear products over compressed panels. Weights are widened in registers as they are read, once for all rows that pass over a block, or are expanded before;
/// each output is the same chain of fused multiply-adds as over a plain panel, and has the same bits.
/// </summary>
internal static unsafe class CompressedKernel<TLanes> where TLanes : struct, ILanes<TLanes>
{
    private const int BlockInputs = CompressedLayout.BlockInputs;
    private const int FewBlocks = 4; // the sums go to memory and back each time, but the lists of exceptions of all are read first
    private const int ExpandedBlocks = 2; // 16 KiB of words: half of the nearest cache
    private const int ExpandedWideBlocks = 4; // of 48 KiB two thirds
    private const int KeptBlocks = 6; // 96 KiB of floats, as plain weights
    private const int Columns = PackedMatrix.PanelColumns;
    private const int TileRows = LinearBlock<TLanes>.TileRows;

    /// <inheritdoc cref="LinearKernel{TLanes,TPanel}.Run"/>
    public static void Run(PackedMatrix matrix, int firstPanel, int panelCount, float* a, nint aStride, int rows, float* y, nint yStride) =>
        PanelSums<TLanes>.Write(new Product(matrix, matrix.PanelCount, a, aStride), matrix, firstPanel, panelCount, rows, y, yStride);

    /// <inheritdoc cref="PanelSums{TLanes}.WriteChunks"/>
    public static void Chunks(PackedMatrix matrix, int panel, float* a, nint aStride, int rows, float* sums) =>
        PanelSums<TLanes>.WriteChunks(new Product(matrix, panel + 1, a, aStride), matrix, panel, rows, sums);

    /// <summary>Rows of one tile, or of so few that each widens weights itself: some blocks at a time, but for a single row, which waits for memory and for nothing else.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Few(float* a, nint aStride, int k, byte* block, byte* end, int rows, float* y, nint yStride)
    {
        int blocks = rows == 1 ? 1 : FewBlocks, atOnce = blocks * BlockInputs;
        for (int from = 0; from < k; from += atOnce)
        {
            byte* next = block + (nint)blocks * CompressedLayout.BlockBytes;
            CompressedBlock<TLanes>.Multiply(a + from, aStride, Math.Min(atOnce, k - from), block, rows, y, yStride, from > 0, next, Lines(next, end, blocks), kept: null);
            block = next;
        }
    }

    /// <summary>Some blocks at a time: the first tile widens their weights, the other rows read floats.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Many(float* a, nint aStride, int k, byte* block, byte* end, int rows, float* y, nint yStride)
    {
        int blocks = EvenBlocks.Size((k + BlockInputs - 1) / BlockInputs, KeptBlocks), atOnce = blocks * BlockInputs;
        float* room = stackalloc float[atOnce * Columns + 16], kept = (float*)(((nint)room + 63) & ~63);
        float* otherA = a + TileRows * aStride, otherY = y + TileRows * yStride;
        for (int from = 0; from < k; from += atOnce)
        {
            // Each tile fetches its share of the lines that come next.
            int count = Math.Min(atOnce, k - from);
            byte* next = block + (nint)blocks * CompressedLayout.BlockBytes;
            long lines = Lines(next, end, blocks), share = lines / (rows / TileRows);
            CompressedBlock<TLanes>.Multiply(a + from, aStride, count, block, TileRows, y, yStride, from > 0, next, share, kept);
            LinearBlock<TLanes>.Run(
                otherA + from, aStride, count, new WideReader<TLanes>(kept), rows - TileRows, otherY, yStride, from > 0, next + share * 64, lines - share);
            block = next;
        }
    }

    /// <summary>Rows that widen pairs themselves: all weights of some blocks are expanded first.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Expanded(float* a, nint aStride, int k, byte* block, byte* end, int rows, float* y, nint yStride)
    {
        int blocks = EvenBlocks.Size((k + BlockInputs - 1) / BlockInputs, TLanes.IsPair ? ExpandedBlocks : ExpandedWideBlocks), atOnce = blocks * BlockInputs;
        ushort* room = stackalloc ushort[atOnce * Columns + 32], pairs = (ushort*)(((nint)room + 63) & ~63);
        for (int from = 0; from < k; from += atOnce)
        {
            int count = Math.Min(atOnce, k - from);
            for (int i = 0; i < count; i += BlockInputs, block += CompressedLayout.BlockBytes) CompressedBlock<TLanes>.Expand(block, Math.Min(BlockInputs, count - i), pairs + i * Columns);
            long lines = Lines(block, end, blocks);
            if (TLanes.IsPair) HalfPanelTiles<TLanes, Bf16Panel<TLanes>>.BothHalves(a + from, aStride, count, (byte*)pairs, rows, y, yStride, from > 0, block, lines);
            else LinearBlock<TLanes>.Run(a + from, aStride, count, new PlainReader<TLanes, Bf16Panel<TLanes>>((byte*)pairs), rows, y, yStride, from > 0, block, lines);
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
            if (rows <= (TLanes.IsPair ? 1 : WideningRows<TLanes>.Most)) Few(row, aStride, inputs, block, end, rows, sums, stride);
            else if (TLanes.IsPair || WideningRows<TLanes>.ShiftsAreFree) Expanded(row, aStride, inputs, block, end, rows, sums, stride);
            else Many(row, aStride, inputs, block, end, rows, sums, stride);
        }
    }
}
