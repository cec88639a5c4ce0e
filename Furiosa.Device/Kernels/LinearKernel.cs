using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>Linear products over some panels of a packed matrix, any number of rows.</summary>
internal static unsafe class LinearKernel<TLanes, TPanel>
    where TLanes : struct, ILanes<TLanes>
    where TPanel : struct, IPanelFormat<TLanes>
{
    private const int BlockInputs = 512;
    private const int KeptInputs = 768; // longer than BlockInputs: a tile that only loads floats gains from length
    private const int FewRows = 16;
    private const int FewRowsInputs = 256; // the first block is not fetched before, and few rows do not hide that
    private const int TileRows = 8;

    /// <param name="matrix">The weights.</param>
    /// <param name="firstPanel">First panel.</param>
    /// <param name="panelCount">Panels.</param>
    /// <param name="a">Input rows.</param>
    /// <param name="aStride">Floats from one input row to the next.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="y">Where the first panel's columns of the first row go; whole panels are written.</param>
    /// <param name="yStride">Floats from one output row to the next.</param>
    public static void Run(PackedMatrix matrix, int firstPanel, int panelCount, float* a, nint aStride, int rows, float* y, nint yStride) =>
        PanelSums<TLanes>.Write(new Product(matrix, matrix.PanelCount, a, aStride), matrix, firstPanel, panelCount, rows, y, yStride);

    /// <inheritdoc cref="PanelSums{TLanes}.WriteChunks"/>
    public static void Chunks(PackedMatrix matrix, int panel, float* a, nint aStride, int rows, float* sums) =>
        PanelSums<TLanes>.WriteChunks(new Product(matrix, panel + 1, a, aStride), matrix, panel, rows, sums);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows(float* a, nint aStride, int k, byte* panel, byte* end, int rows, float* y, nint yStride)
    {
        if (TLanes.IsPair && rows > 1)
        {
            Halves(a, aStride, k, panel, end, rows, y, yStride);
            return;
        }

        int tiles = rows / TileRows;
        if (tiles > 0)
        {
            Tiles(a, aStride, k, panel, end, tiles, y, yStride);
            rows -= tiles * TileRows;
            a += tiles * TileRows * aStride;
            y += tiles * TileRows * yStride;
        }

        if (rows >= 4)
        {
            LinearTiles<TLanes, TPanel>.Rows4(a, aStride, k, panel, y, yStride);
            rows -= 4;
            a += 4 * aStride;
            y += 4 * yStride;
        }

        if (rows >= 2)
        {
            LinearTiles<TLanes, TPanel>.Rows2(a, aStride, k, panel, y, yStride);
            rows -= 2;
            a += 2 * aStride;
            y += 2 * yStride;
        }

        if (rows == 1) LinearTiles<TLanes, TPanel>.Rows1(a, aStride, k, panel, y, yStride);
    }

    /// <summary>
    /// Some rows at a time over blocks of inputs that stay in the cache while the tiles pass. Meanwhile each tile fetches its share
    /// of the block that comes next, or the first tile would wait for memory and the others leave memory idle. Where weights have to be
    /// widened, the first tile does it for all.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tiles(float* a, nint aStride, int k, byte* panel, byte* end, int tiles, float* y, nint yStride)
    {
        bool keeps = TPanel.Widens && tiles > 1;
        int from = 0, atOnce = EvenBlock(k, keeps ? KeptInputs : BlockInputs);
        float* room = stackalloc float[keeps ? atOnce * PackedMatrix.PanelColumns + 16 : 0], kept = (float*)(((nint)room + 63) & ~63);
        do
        {
            int count = Math.Min(atOnce, k - from);
            byte* weights = panel + (nint)(from / 2) * TPanel.PairBytes, next = weights + (nint)((count + 1) / 2) * TPanel.PairBytes;
            long lines = Math.Min(atOnce / 2 * TPanel.PairBytes, end - next) / 64;
            for (int t = 0; t < tiles; t++)
            {
                float* rows = a + t * TileRows * aStride + from, sums = y + t * TileRows * yStride;
                byte* fetch = next + t * lines / tiles * 64, fetchEnd = next + (t + 1) * lines / tiles * 64;
                if (from == 0) SumLines.Fetch(sums, yStride * sizeof(float), TileRows);
                if (!keeps) LinearTiles<TLanes, TPanel>.Rows8<KeepNothing<TLanes>>(rows, aStride, count, weights, sums, yStride, from > 0, fetch, fetchEnd, null);
                else if (t == 0) LinearTiles<TLanes, TPanel>.Rows8<KeepFloats<TLanes>>(rows, aStride, count, weights, sums, yStride, from > 0, fetch, fetchEnd, kept);
                else LinearTiles<TLanes, F32Panel<TLanes>>.Rows8<KeepNothing<TLanes>>(rows, aStride, count, (byte*)kept, sums, yStride, from > 0, fetch, fetchEnd, null);
            }

            from += atOnce;
        }
        while (from < k);
    }

    /// <summary>The same for two rows and more in tiles of half a panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Halves(float* a, nint aStride, int k, byte* panel, byte* end, int rows, float* y, nint yStride)
    {
        int from = 0, atOnce = EvenBlock(k, rows <= FewRows ? FewRowsInputs : BlockInputs);
        do
        {
            int count = Math.Min(atOnce, k - from);
            byte* weights = panel + (nint)(from / 2) * TPanel.PairBytes, next = weights + (nint)((count + 1) / 2) * TPanel.PairBytes;
            long lines = Math.Min(atOnce / 2 * TPanel.PairBytes, end - next) / 64;
            HalfPanelTiles<TLanes, TPanel>.BothHalves(a + from, aStride, count, weights, rows, y, yStride, from > 0, next, lines);
            from += atOnce;
        }
        while (from < k);
    }

    /// <summary>Inputs of a block, in whole pairs.</summary>
    private static int EvenBlock(int k, int most) => 2 * EvenBlocks.Size((k + 1) / 2, most / 2);

    // What comes next is fetched, up to a panel: whoever takes it up finds it nearer.
    private readonly struct Product(PackedMatrix matrix, int endPanel, float* a, nint aStride) : IPanelProduct
    {
        public void Run(int panel, int chunk, int first, int rows, float* sums, nint stride)
        {
            int start = matrix.ChunkStarts[chunk];
            byte* pairs = matrix.Panel(panel) + (long)matrix.ChunkPairs[chunk] * TPanel.PairBytes;
            Rows(a + first * aStride + start, aStride, matrix.ChunkStarts[chunk + 1] - start, pairs, matrix.Panel(endPanel), rows, sums, stride);
        }
    }
}
