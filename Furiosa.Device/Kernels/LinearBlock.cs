using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>Any number of rows over a block of inputs that stays in the cache while they pass, in tiles of whole panels.</summary>
internal static unsafe class LinearBlock<TLanes> where TLanes : struct, ILanes<TLanes>
{
    /// <summary>Most rows of a tile.</summary>
    public const int TileRows = 8;

    /// <summary>
    /// All rows. Meanwhile each tile fetches its share of the lines that come next, or the first tile would wait for memory and
    /// the others leave memory idle.
    /// </summary>
    /// <param name="a">The first row.</param>
    /// <param name="aStride">Floats from one row to the next.</param>
    /// <param name="k">Inputs.</param>
    /// <param name="weights">Reads their pairs.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="y">The first row's sums.</param>
    /// <param name="yStride">Floats from one row's sums to the next.</param>
    /// <param name="continues">Whether the chains go on from the sums in memory.</param>
    /// <param name="next">Cache lines that are fetched into the second-level cache along the way.</param>
    /// <param name="lines">How many.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TReader>(float* a, nint aStride, int k, TReader weights, int rows, float* y, nint yStride, bool continues, byte* next, long lines)
        where TReader : struct, IPanelReader<TLanes>
    {
        int tiles = rows / TileRows;
        for (int t = 0; t < tiles; t++, a += TileRows * aStride, y += TileRows * yStride)
        {
            if (!continues) SumLines.Fetch(y, yStride * sizeof(float), TileRows);
            LinearTiles<TLanes, TReader>.Rows8<KeepNothing<TLanes>>(a, aStride, k, weights, y, yStride, continues, next + t * lines / tiles * 64, next + (t + 1) * lines / tiles * 64, null);
        }

        if ((rows & 4) != 0)
        {
            LinearTiles<TLanes, TReader>.Rows4(a, aStride, k, weights, y, yStride, continues);
            a += 4 * aStride;
            y += 4 * yStride;
        }

        if ((rows & 2) != 0)
        {
            LinearTiles<TLanes, TReader>.Rows2(a, aStride, k, weights, y, yStride, continues);
            a += 2 * aStride;
            y += 2 * yStride;
        }

        if ((rows & 1) != 0) LinearTiles<TLanes, TReader>.Rows1(a, aStride, k, weights, y, yStride, continues);
    }
}
