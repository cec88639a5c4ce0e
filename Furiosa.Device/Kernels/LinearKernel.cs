using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>Linear products over some panels of a packed matrix, any number of rows.</summary>
internal static unsafe class LinearKernel<TLanes, TPanel>
    where TLanes : struct, ILanes<TLanes>
    where TPanel : struct, IPanelFormat<TLanes>
{
    private const int BlockRows = 64;
    private const int BlockInputs = 512;
    private const int FewRows = 16;
    private const int FewRowsInputs = 256; // the first block is not fetched before, and few rows do not hide that
    private const int TreeLevels = 3; // eight chunks at most

    private const int TileRows = 8;

    /// <param name="matrix">The weights.</param>
    /// <param name="firstPanel">First panel.</param>
    /// <param name="panelCount">Panels.</param>
    /// <param name="a">Input rows.</param>
    /// <param name="aStride">Floats from one input row to the next.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="y">Where the first panel's columns of the first row go; whole panels are written.</param>
    /// <param name="yStride">Floats from one output row to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(PackedMatrix matrix, int firstPanel, int panelCount, float* a, nint aStride, int rows, float* y, nint yStride)
    {
        // What comes next is fetched, also beyond these panels: whoever takes them up finds them nearer.
        byte* end = matrix.Panel(matrix.PanelCount);
        for (; rows > 0; rows -= BlockRows, a += BlockRows * aStride, y += BlockRows * yStride)
        {
            int count = Math.Min(rows, BlockRows);
            for (int panel = firstPanel; panel < firstPanel + panelCount; panel++)
            {
                float* columns = y + (nint)(panel - firstPanel) * PackedMatrix.PanelColumns;
                if (matrix.ChunkCount == 1)
                    Rows(a, aStride, matrix.ChunkStarts[1], matrix.Panel(panel), end, count, columns, yStride);
                else
                    ChunkTree(matrix, panel, end, a, aStride, count, columns, yStride);
                AddBias(matrix, panel, columns, yStride, count);
            }
        }
    }

    /// <summary>The sums of each chunk of one panel, not added up: [chunk][row][32]. At most 64 rows; no bias.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Chunks(PackedMatrix matrix, int panel, float* a, nint aStride, int rows, float* sums)
    {
        byte* weights = matrix.Panel(panel), end = matrix.Panel(panel + 1);
        for (int chunk = 0; chunk < matrix.ChunkCount; chunk++, sums += rows * PackedMatrix.PanelColumns)
        {
            int start = matrix.ChunkStarts[chunk];
            byte* pairs = weights + (long)matrix.ChunkPairs[chunk] * TPanel.PairBytes;
            Rows(a + start, aStride, matrix.ChunkStarts[chunk + 1] - start, pairs, end, rows, sums, PackedMatrix.PanelColumns);
        }
    }

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
    /// of the block that comes next, or the first tile would wait for memory and the others leave memory idle.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tiles(float* a, nint aStride, int k, byte* panel, byte* end, int tiles, float* y, nint yStride)
    {
        int from = 0;
        do
        {
            int count = Math.Min(BlockInputs, k - from);
            byte* weights = panel + (nint)(from / 2) * TPanel.PairBytes, next = weights + (nint)((count + 1) / 2) * TPanel.PairBytes;
            long lines = Math.Min(BlockInputs / 2 * TPanel.PairBytes, end - next) / 64;
            for (int t = 0; t < tiles; t++)
            {
                if (from == 0) SumLines.Fetch(y + t * TileRows * yStride, yStride * sizeof(float), TileRows);
                LinearTiles<TLanes, TPanel>.Rows8(
                    a + t * TileRows * aStride + from, aStride, count, weights, y + t * TileRows * yStride, yStride, continues: from > 0,
                    next + t * lines / tiles * 64, next + (t + 1) * lines / tiles * 64);
            }

            from += BlockInputs;
        }
        while (from < k);
    }

    /// <summary>The same for two rows and more in tiles of half a panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Halves(float* a, nint aStride, int k, byte* panel, byte* end, int rows, float* y, nint yStride)
    {
        int from = 0, atOnce = rows <= FewRows ? FewRowsInputs : BlockInputs;
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

    /// <summary>Sums each chunk on its own and adds the sums as a binary tree.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ChunkTree(PackedMatrix matrix, int panel, byte* end, float* a, nint aStride, int rows, float* y, nint yStride)
    {
        // tree[level] waits for its right-hand partner; the space behind it takes the chunk being summed. Chunks are read one
        // after another, never side by side: one stream is what the hardware's prefetcher follows best.
        int floats = rows * PackedMatrix.PanelColumns;
        float* tree = stackalloc float[(TreeLevels + 1) * floats];
        float* sum = tree + TreeLevels * floats;
        byte* weights = matrix.Panel(panel);
        for (int chunk = 0; chunk < matrix.ChunkCount; chunk++)
        {
            int start = matrix.ChunkStarts[chunk], level = 0;
            byte* pairs = weights + (long)matrix.ChunkPairs[chunk] * TPanel.PairBytes;
            Rows(a + start, aStride, matrix.ChunkStarts[chunk + 1] - start, pairs, end, rows, sum, PackedMatrix.PanelColumns);
            for (int right = chunk; (right & 1) != 0; right >>= 1, level++) Add(tree + level * floats, sum, rows);
            if (chunk + 1 < matrix.ChunkCount) Copy(sum, tree + level * floats, rows);
        }

        for (int row = 0; row < rows; row++) Copy(sum + row * PackedMatrix.PanelColumns, y + row * yStride, 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy(float* source, float* target, int rows)
    {
        for (int i = 0; i < rows * PackedMatrix.PanelColumns; i += 16) TLanes.Store(target + i, TLanes.Load(source + i));
    }

    /// <summary><c>right = left + right</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add(float* left, float* right, int rows)
    {
        for (int i = 0; i < rows * PackedMatrix.PanelColumns; i += 16) TLanes.Store(right + i, TLanes.Load(left + i) + TLanes.Load(right + i));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddBias(PackedMatrix matrix, int panel, float* y, nint yStride, int rows)
    {
        if (matrix.Bias is null) return;
        var left = TLanes.Load(matrix.Bias + (nint)panel * PackedMatrix.PanelColumns);
        var right = TLanes.Load(matrix.Bias + (nint)panel * PackedMatrix.PanelColumns + 16);
        for (int row = 0; row < rows; row++, y += yStride)
        {
            TLanes.Store(y, TLanes.Load(y) + left);
            TLanes.Store(y + 16, TLanes.Load(y + 16) + right);
        }
    }
}
