using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>Products of quantised or rounded rows with some panels of a matrix for such rows, any number of them.</summary>
internal static unsafe class QuantizedKernel<TLanes> where TLanes : struct, ILanes<TLanes>
{
    private const int BlockRows = 64;
    private const int TreeLevels = 4; // eight chunks at most

    /// <param name="tiles">The inner loops.</param>
    /// <param name="matrix">The weights.</param>
    /// <param name="firstPanel">First panel.</param>
    /// <param name="panelCount">Panels.</param>
    /// <param name="a">Input rows, quantised by the matrix's own layout.</param>
    /// <param name="aStride">Bytes from one input row to the next.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="y">Where the first panel's columns of the first row go; whole panels are written.</param>
    /// <param name="yStride">Floats from one output row to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(
        IntegerTiles tiles, PackedMatrix matrix, int firstPanel, int panelCount, byte* a, nint aStride, int rows, float* y, nint yStride)
    {
        // What comes next is fetched, also beyond these panels: whoever takes them up finds them nearer.
        byte* end = matrix.Panel(matrix.PanelCount);
        for (int first = 0; first < rows; first += BlockRows, a += BlockRows * aStride, y += BlockRows * yStride)
        {
            int count = Math.Min(BlockRows, rows - first);
            for (int panel = 0; panel < panelCount; panel++)
            {
                float* columns = y + (nint)panel * PackedMatrix.PanelColumns;
                if (matrix.ChunkCount == 1) Chunk(tiles, matrix, firstPanel + panel, 0, end, a, aStride, count, columns, yStride);
                else ChunkTree(tiles, matrix, firstPanel + panel, end, a, aStride, count, columns, yStride);
                if (matrix.Bias is not null) AddBias(matrix, firstPanel + panel, columns, yStride, count);
            }
        }
    }

    /// <summary>The sums of each chunk of one panel, not added up: [chunk][row][32]. At most 64 rows; no bias.</summary>
    public static void Chunks(IntegerTiles tiles, PackedMatrix matrix, int panel, byte* a, nint aStride, int rows, float* sums)
    {
        for (int chunk = 0; chunk < matrix.ChunkCount; chunk++, sums += rows * PackedMatrix.PanelColumns)
            Chunk(tiles, matrix, panel, chunk, matrix.Panel(panel + 1), a, aStride, rows, sums, PackedMatrix.PanelColumns);
    }

    /// <summary>One chunk's sums, in blocks of groups that stay in the cache while the rows pass; the next block is fetched meanwhile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Chunk(
        IntegerTiles tiles, PackedMatrix matrix, int panel, int chunk, byte* end, byte* a, nint aStride, int rows, float* y, nint yStride)
    {
        int group = matrix.Layout!.ChunkGroups[chunk], lastGroup = matrix.Layout.ChunkGroups[chunk + 1];
        if (group == lastGroup)
        {
            for (int row = 0; row < rows; row++) new Span<float>(y + row * yStride, PackedMatrix.PanelColumns).Clear();
            return;
        }

        int groupsAtOnce = rows <= tiles.MaxRows ? lastGroup - group : matrix.Layout.BlockGroups;
        TileArguments block = default;
        block.ActivationStride = aStride;
        block.Sums = y;
        block.SumStride = yStride * sizeof(float);
        for (; group < lastGroup; group += groupsAtOnce, block.Continues = 1)
        {
            block.Groups = Math.Min(groupsAtOnce, lastGroup - group);
            block.Weights = matrix.Panel(panel) + (nint)group * matrix.BlockBytes;
            block.Activations = a + (nint)group * matrix.Layout.GroupBytes;
            byte* next = block.Weights + block.Groups * matrix.BlockBytes;
            block.Next = next < end ? next : null;
            tiles.RunBlock(matrix.Format, rows, &block);
        }
    }

    /// <summary>Sums each chunk on its own and adds the sums as a binary tree.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ChunkTree(
        IntegerTiles tiles, PackedMatrix matrix, int panel, byte* end, byte* a, nint aStride, int rows, float* y, nint yStride)
    {
        // tree[level] waits for its right-hand partner; the space behind it takes the chunk being summed.
        int floats = rows * PackedMatrix.PanelColumns, level = 0;
        float* tree = stackalloc float[(TreeLevels + 1) * floats];
        float* sum = tree + TreeLevels * floats;
        for (int chunk = 0; chunk < matrix.ChunkCount; chunk++)
        {
            Chunk(tiles, matrix, panel, chunk, end, a, aStride, rows, sum, PackedMatrix.PanelColumns);
            level = 0;
            for (int right = chunk; (right & 1) != 0; right >>= 1, level++) Add(tree + level * floats, sum, floats);
            Buffer.MemoryCopy(sum, tree + level * floats, floats * sizeof(float), floats * sizeof(float));
        }

        for (int row = 0; row < rows; row++)
            Buffer.MemoryCopy(tree + level * floats + row * PackedMatrix.PanelColumns, y + row * yStride, 128, 128);
    }

    /// <summary><c>right = left + right</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add(float* left, float* right, int count)
    {
        for (int i = 0; i < count; i += 16) TLanes.Store(right + i, TLanes.Load(left + i) + TLanes.Load(right + i));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddBias(PackedMatrix matrix, int panel, float* y, nint yStride, int rows)
    {
        var left = TLanes.Load(matrix.Bias + (nint)panel * PackedMatrix.PanelColumns);
        var right = TLanes.Load(matrix.Bias + (nint)panel * PackedMatrix.PanelColumns + 16);
        for (int row = 0; row < rows; row++, y += yStride)
        {
            TLanes.Store(y, TLanes.Load(y) + left);
            TLanes.Store(y + 16, TLanes.Load(y + 16) + right);
        }
    }
}
