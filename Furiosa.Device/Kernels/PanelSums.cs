using System.Numerics;
using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>A product of rows with a packed matrix, panel by panel and chunk by chunk.</summary>
internal unsafe interface IPanelProduct
{
    /// <summary>Rows that pass over a panel at once: few enough that they stay in the cache while panels pass.</summary>
    const int MostRows = 64;

    /// <summary>Computes 32 columns of some rows over one chunk of the inputs.</summary>
    /// <param name="panel">Which columns.</param>
    /// <param name="chunk">Which inputs; there are some.</param>
    /// <param name="first">First row.</param>
    /// <param name="rows">Rows, at most <see cref="MostRows"/>.</param>
    /// <param name="sums">Where the first row's columns go.</param>
    /// <param name="stride">Floats from one row to the next.</param>
    void Run(int panel, int chunk, int first, int rows, float* sums, nint stride);
}

/// <summary>What the products of panels become: each chunk is summed on its own, the sums are added as a binary tree, then the bias.</summary>
internal static unsafe class PanelSums<TLanes> where TLanes : struct, ILanes<TLanes>
{
    private const int MostRows = IPanelProduct.MostRows;
    private const int Columns = PackedMatrix.PanelColumns;
    private const int TreeLevels = 3; // of PackedMatrix.MostChunks

    /// <summary>Some panels for any number of rows.</summary>
    /// <param name="product">The product; a struct, so that calls to it are direct.</param>
    /// <param name="matrix">The weights.</param>
    /// <param name="firstPanel">First panel.</param>
    /// <param name="panelCount">Panels.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="y">Where the first panel's columns of the first row go; whole panels are written.</param>
    /// <param name="yStride">Floats from one row to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Write<TProduct>(TProduct product, PackedMatrix matrix, int firstPanel, int panelCount, int rows, float* y, nint yStride)
        where TProduct : struct, IPanelProduct
    {
        for (int first = 0; first < rows; first += MostRows, y += MostRows * yStride)
        {
            int count = Math.Min(rows - first, MostRows);
            for (int panel = firstPanel; panel < firstPanel + panelCount; panel++)
            {
                float* columns = y + (nint)(panel - firstPanel) * Columns;
                if (matrix.ChunkCount == 1) Chunk(product, matrix, panel, 0, first, count, columns, yStride);
                else Tree(product, matrix, panel, first, count, columns, yStride);
                if (matrix.Bias is not null) RowKernels<TLanes>.AddRows(columns, yStride, matrix.Bias + (nint)panel * Columns, 0, Columns, count);
            }
        }
    }

    /// <summary>The sums of each chunk of one panel, not added up: [chunk][row][32]; no bias.</summary>
    /// <param name="product">The product.</param>
    /// <param name="matrix">The weights.</param>
    /// <param name="panel">Which columns.</param>
    /// <param name="rows">Rows, at most <see cref="IPanelProduct.MostRows"/>.</param>
    /// <param name="sums">Takes them.</param>
    public static void WriteChunks<TProduct>(TProduct product, PackedMatrix matrix, int panel, int rows, float* sums) where TProduct : struct, IPanelProduct
    {
        for (int chunk = 0; chunk < matrix.ChunkCount; chunk++, sums += rows * Columns) Chunk(product, matrix, panel, chunk, 0, rows, sums, Columns);
    }

    private static void Chunk<TProduct>(TProduct product, PackedMatrix matrix, int panel, int chunk, int first, int rows, float* sums, nint stride) where TProduct : struct, IPanelProduct
    {
        if (matrix.ChunkStarts[chunk + 1] > matrix.ChunkStarts[chunk])
        {
            product.Run(panel, chunk, first, rows, sums, stride);
            return;
        }

        for (int row = 0; row < rows; row++) new Span<float>(sums + row * stride, Columns).Clear();
    }

    /// <summary>Chunks are read one after another, never side by side: one stream is what the hardware's prefetcher follows best.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tree<TProduct>(TProduct product, PackedMatrix matrix, int panel, int first, int rows, float* y, nint yStride) where TProduct : struct, IPanelProduct
    {
        int floats = rows * Columns, last = matrix.ChunkCount - 1;
        float* room = stackalloc float[TreeLevels * floats + 16];
        float* tree = (float*)(((nint)room + 63) & ~63); // whole cache lines
        for (int chunk = 0; chunk <= last; chunk++)
        {
            // As a counter carries: the sums of earlier chunks that this one completes are those of its trailing ones.
            int complete = BitOperations.TrailingZeroCount(~chunk);
            float* sums = chunk == last ? y : tree + complete * floats;
            nint stride = chunk == last ? yStride : Columns;
            Chunk(product, matrix, panel, chunk, first, rows, sums, stride);
            for (int level = 0; level < complete; level++) RowKernels<TLanes>.AddRows(sums, stride, tree + level * floats, Columns, Columns, rows);
        }
    }
}
