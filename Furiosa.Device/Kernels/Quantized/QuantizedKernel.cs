using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>Products of quantised or rounded rows with some panels of a matrix for such rows, any number of them.</summary>
internal static unsafe class QuantizedKernel<TLanes> where TLanes : struct, ILanes<TLanes>
{
    /// <param name="tiles">The inner loops.</param>
    /// <param name="matrix">The weights.</param>
    /// <param name="firstPanel">First panel.</param>
    /// <param name="panelCount">Panels.</param>
    /// <param name="a">Input rows, quantised by the matrix's own layout.</param>
    /// <param name="aStride">Bytes from one input row to the next.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="y">Where the first panel's columns of the first row go; whole panels are written.</param>
    /// <param name="yStride">Floats from one output row to the next.</param>
    public static void Run(
        IntegerTiles tiles, PackedMatrix matrix, int firstPanel, int panelCount, byte* a, nint aStride, int rows, float* y, nint yStride) =>
        PanelSums<TLanes>.Write(new Product(tiles, matrix, matrix.PanelCount, a, aStride), matrix, firstPanel, panelCount, rows, y, yStride);

    /// <inheritdoc cref="PanelSums{TLanes}.WriteChunks"/>
    public static void Chunks(IntegerTiles tiles, PackedMatrix matrix, int panel, byte* a, nint aStride, int rows, float* sums) =>
        PanelSums<TLanes>.WriteChunks(new Product(tiles, matrix, panel + 1, a, aStride), matrix, panel, rows, sums);

    /// <summary>One chunk's sums, in blocks of groups that stay in the cache while the rows pass; the next block is fetched meanwhile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Chunk(
        IntegerTiles tiles, PackedMatrix matrix, int panel, int chunk, byte* end, byte* a, nint aStride, int rows, float* y, nint yStride)
    {
        int group = matrix.Layout!.ChunkGroups[chunk], lastGroup = matrix.Layout.ChunkGroups[chunk + 1];
        int groupsAtOnce = rows <= tiles.MaxRows ? lastGroup - group : EvenBlocks.Size(lastGroup - group, matrix.Layout.BlockGroups);
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

    // What comes next is fetched, up to a panel: whoever takes it up finds it nearer.
    private readonly struct Product(IntegerTiles tiles, PackedMatrix matrix, int endPanel, byte* a, nint aStride) : IPanelProduct
    {
        public void Run(int panel, int chunk, int first, int rows, float* sums, nint stride) =>
            Chunk(tiles, matrix, panel, chunk, matrix.Panel(endPanel), a + first * aStride, aStride, rows, sums, stride);
    }
}
