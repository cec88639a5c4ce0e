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
            Tile<EightRows, TReader>(a, aStride, k, weights, y, yStride, continues, next + t * lines / tiles * 64, next + (t + 1) * lines / tiles * 64);
        }

        byte* fetch = tiles == 0 ? next : null, fetchEnd = tiles == 0 ? next + lines * 64 : null;
        switch (rows % TileRows)
        {
            case 1: Tile<OneRow, TReader>(a, aStride, k, weights, y, yStride, continues, fetch, fetchEnd); break;
            case 2: Tile<TwoRows, TReader>(a, aStride, k, weights, y, yStride, continues, fetch, fetchEnd); break;
            case 3: Tile<ThreeRows, TReader>(a, aStride, k, weights, y, yStride, continues, fetch, fetchEnd); break;
            case 4: Tile<FourRows, TReader>(a, aStride, k, weights, y, yStride, continues, fetch, fetchEnd); break;
            case 5: Tile<FiveRows, TReader>(a, aStride, k, weights, y, yStride, continues, fetch, fetchEnd); break;
            case 6: Tile<SixRows, TReader>(a, aStride, k, weights, y, yStride, continues, fetch, fetchEnd); break;
            case 7: Tile<SevenRows, TReader>(a, aStride, k, weights, y, yStride, continues, fetch, fetchEnd); break;
        }
    }

    /// <summary>A full tile that writes down what it has widened, for the rows that follow.</summary>
    /// <param name="a">The first row.</param>
    /// <param name="aStride">Floats from one row to the next.</param>
    /// <param name="k">Inputs.</param>
    /// <param name="weights">Reads their pairs.</param>
    /// <param name="y">The first row's sums.</param>
    /// <param name="yStride">Floats from one row's sums to the next.</param>
    /// <param name="continues">Whether the chains go on from the sums in memory.</param>
    /// <param name="fetch">Cache lines that are fetched into the second-level cache along the way.</param>
    /// <param name="fetchEnd">Their end.</param>
    /// <param name="kept">Takes the floats.</param>
    public static void Keep<TReader>(float* a, nint aStride, int k, TReader weights, float* y, nint yStride, bool continues, byte* fetch, byte* fetchEnd, float* kept)
        where TReader : struct, IPanelReader<TLanes>
    {
        if (!continues) SumLines.Fetch(y, yStride * sizeof(float), TileRows);
        LinearTiles<TLanes, TReader>.Run<EightRows, KeepFloats<TLanes>>(a, aStride, k, weights, y, yStride, continues, fetch, fetchEnd, kept);
    }

    /// <summary>Widens some pairs into memory, as <see cref="WideReader{TLanes}"/> reads them.</summary>
    /// <param name="weights">Reads the pairs.</param>
    /// <param name="pairs">How many.</param>
    /// <param name="wide">Takes 32 floats for each input.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen<TReader>(TReader weights, int pairs, float* wide) where TReader : struct, IPanelReader<TLanes>
    {
        for (; pairs > 0; pairs--)
        {
            weights.Next(out var evenLeft, out var evenRight, out var oddLeft, out var oddRight);
            KeepFloats<TLanes>.Keep(ref wide, evenLeft, evenRight);
            KeepFloats<TLanes>.Keep(ref wide, oddLeft, oddRight);
        }
    }

    private static void Tile<TRows, TReader>(float* a, nint aStride, int k, TReader weights, float* y, nint yStride, bool continues, byte* fetch, byte* fetchEnd)
        where TRows : struct, ITileRows
        where TReader : struct, IPanelReader<TLanes> =>
        LinearTiles<TLanes, TReader>.Run<TRows, KeepNothing<TLanes>>(a, aStride, k, weights, y, yStride, continues, fetch, fetchEnd, null);
}
