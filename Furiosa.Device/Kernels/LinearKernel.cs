using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>Linear products over some panels of a packed matrix, any number of rows.</summary>
internal static unsafe class LinearKernel<TLanes, TPanel>
    where TLanes : struct, ILanes<TLanes>
    where TPanel : struct, IPanelFormat<TLanes>
{
    private const int BlockInputs = 512;
    private const int KeptInputs = 768; // longer than BlockInputs: a tile that only loads floats gains from length
    private const int WidenedInputs = 128; // their floats stay in the nearest cache
    private const int TileRows = LinearBlock<TLanes>.TileRows;
    private const int FewRows = 16;
    private const int FewRowsInputs = 256; // the first block is not fetched before, and few rows do not hide that

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

    /// <summary>
    /// Blocks of inputs that stay in the cache while the rows pass. Where there are more rows than should widen weights themselves (<see cref="WideningRows{TLanes}"/>),
    /// the first tile does it for all.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows(float* a, nint aStride, int k, byte* panel, byte* end, int rows, float* y, nint yStride)
    {
        bool halves = TLanes.IsPair && rows > 1;
        bool widensAgain = TPanel.Shifts && (halves || WideningRows<TLanes>.ShiftsAreFree) || !halves && rows <= WideningRows<TLanes>.Most;
        bool keeps = TPanel.Widens && !widensAgain;
        int from = 0, atOnce = !halves && rows < TileRows ? k : EvenBlock(k, MostInputs(halves, keeps, rows));
        float* room = stackalloc float[keeps ? atOnce * PackedMatrix.PanelColumns + 16 : 0], kept = (float*)(((nint)room + 63) & ~63);
        for (; from < k; from += atOnce)
        {
            int count = Math.Min(atOnce, k - from);
            byte* weights = panel + (nint)(from / 2) * TPanel.PairBytes, next = weights + (nint)((count + 1) / 2) * TPanel.PairBytes;
            long lines = Math.Min((long)(atOnce / 2) * TPanel.PairBytes, end - next) / 64;
            if (halves && keeps) LinearBlock<TLanes>.Widen(new PlainReader<TLanes, TPanel>(weights), (count + 1) / 2, kept);
            if (halves && keeps) HalfPanelTiles<TLanes, F32Panel<TLanes>>.BothHalves(a + from, aStride, count, (byte*)kept, rows, y, yStride, from > 0, next, lines);
            else if (halves) HalfPanelTiles<TLanes, TPanel>.BothHalves(a + from, aStride, count, weights, rows, y, yStride, from > 0, next, lines);
            else if (keeps) Kept(a + from, aStride, count, weights, rows, y, yStride, from > 0, next, lines, kept);
            else LinearBlock<TLanes>.Run(a + from, aStride, count, new PlainReader<TLanes, TPanel>(weights), rows, y, yStride, from > 0, next, lines);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Kept(float* a, nint aStride, int k, byte* panel, int rows, float* y, nint yStride, bool continues, byte* next, long lines, float* kept)
    {
        byte* fetchEnd = next + lines / (rows / TileRows) * 64;
        LinearBlock<TLanes>.Keep(a, aStride, k, new PlainReader<TLanes, TPanel>(panel), y, yStride, continues, next, fetchEnd, kept);
        LinearBlock<TLanes>.Run(
            a + TileRows * aStride, aStride, k, new WideReader<TLanes>(kept), rows - TileRows, y + TileRows * yStride, yStride, continues, fetchEnd, lines - (fetchEnd - next) / 64);
    }

    private static int MostInputs(bool halves, bool keeps, int rows)
    {
        if (halves) return keeps ? WidenedInputs : rows <= FewRows ? FewRowsInputs : BlockInputs;
        return keeps ? KeptInputs : BlockInputs;
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
