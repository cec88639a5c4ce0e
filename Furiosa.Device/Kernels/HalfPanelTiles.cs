using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>
/// Tiles for machines with sixteen vector registers of eight lanes: up to six rows by sixteen columns keep twelve sums, two vectors of weights
/// and an input in registers, where eight rows by 32 columns would go through memory at every step. Each output element is the same
/// chain as in <see cref="LinearTiles{TLanes,TPanel}"/>. A panel's halves are cache lines of their own.
/// </summary>
internal static unsafe class HalfPanelTiles<TLanes, TPanel>
    where TLanes : struct, ILanes<TLanes>
    where TPanel : struct, IPanelFormat<TLanes>
{
    private const int MostRows = 6;
    private const int HalfBytes = 64;
    private const int HalfColumns = PackedMatrix.PanelColumns / 2;

    /// <summary>
    /// Some rows, cut into equal tiles: two multiply-adds a clock need eight chains at once, which a tile of six and a rest of one or two would
    /// not have. All rows pass over the left half, then over the right one, so that the half stays in the first-level cache.
    /// </summary>
    /// <param name="a">The first row.</param>
    /// <param name="aStride">Floats from one row to the next.</param>
    /// <param name="k">Inputs.</param>
    /// <param name="panel">Their pairs.</param>
    /// <param name="rows">Rows, 2 at least.</param>
    /// <param name="y">The first row's sums.</param>
    /// <param name="yStride">Floats from one row's sums to the next.</param>
    /// <param name="continues">Whether the chains go on from the sums in memory.</param>
    /// <param name="next">Cache lines that are fetched into the second-level cache along the way; null for none.</param>
    /// <param name="lines">How many; 0 for none.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void BothHalves(
        float* a, nint aStride, int k, byte* panel, int rows, float* y, nint yStride, bool continues, byte* next, long lines)
    {
        // A share of the lines in every step of every tile, without a question in the loop: some are asked for twice.
        int tiles = (rows + MostRows - 1) / MostRows, passes = rows == 2 ? 1 : 2 * tiles;
        if (lines == 0) next = panel;
        nint bytes = (nint)lines * 64 / passes, fetchStep = bytes / Math.Max(1, k / 2);
        if (rows == 2)
        {
            Whole2(a, aStride, k, panel, y, yStride, continues, next, fetchStep);
            return;
        }

        for (int t = 0; t < passes; t++)
        {
            int half = t / tiles, tile = t % tiles, first = tile * rows / tiles, count = (tile + 1) * rows / tiles - first;
            float* tileA = a + first * aStride, tileY = y + first * yStride + half * HalfColumns;
            byte* weights = panel + half * HalfBytes, fetch = next + t * bytes;
            switch (count)
            {
                case 3: Half<ThreeRows>(tileA, aStride, k, weights, tileY, yStride, continues, fetch, fetchStep); break;
                case 4: Half<FourRows>(tileA, aStride, k, weights, tileY, yStride, continues, fetch, fetchStep); break;
                case 5: Half<FiveRows>(tileA, aStride, k, weights, tileY, yStride, continues, fetch, fetchStep); break;
                default: Half<SixRows>(tileA, aStride, k, weights, tileY, yStride, continues, fetch, fetchStep); break;
            }
        }
    }

    /// <summary>Two rows of all columns, which are the eight chains.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Whole2(
        float* a, nint aStride, int k, byte* panel, float* y, nint yStride, bool continues, byte* fetch, nint fetchStep)
    {
        TLanes l0 = TLanes.Zero, r0 = TLanes.Zero, l1 = TLanes.Zero, r1 = TLanes.Zero;
        if (continues)
        {
            l0 = TLanes.Load(y);
            r0 = TLanes.Load(y + HalfColumns);
            l1 = TLanes.Load(y + yStride);
            r1 = TLanes.Load(y + yStride + HalfColumns);
        }

        float* end = a + (k & ~1);
        byte* odd = panel;
        for (; a < end; a += 2, panel += TPanel.PairBytes, odd += TPanel.PairBytes)
        {
            Fetch(fetch);
            Fetch(fetch + TPanel.PairBytes / 2); // one pass asks for as much as two passes of halves
            fetch += fetchStep;

            var weights = TPanel.LowHalf(panel);
            Step(a, weights, ref l0);
            Step(a + aStride, weights, ref l1);
            weights = TPanel.LowHalf(panel + HalfBytes);
            Step(a, weights, ref r0);
            Step(a + aStride, weights, ref r1);
            weights = TPanel.HighHalf(odd);
            Step(a + 1, weights, ref l0);
            Step(a + aStride + 1, weights, ref l1);
            weights = TPanel.HighHalf(odd + HalfBytes);
            Step(a + 1, weights, ref r0);
            Step(a + aStride + 1, weights, ref r1);
        }

        if ((k & 1) != 0)
        {
            var weights = TPanel.LowHalf(panel);
            Step(a, weights, ref l0);
            Step(a + aStride, weights, ref l1);
            weights = TPanel.LowHalf(panel + HalfBytes);
            Step(a, weights, ref r0);
            Step(a + aStride, weights, ref r1);
        }

        TLanes.Store(y, l0);
        TLanes.Store(y + HalfColumns, r0);
        TLanes.Store(y + yStride, l1);
        TLanes.Store(y + yStride + HalfColumns, r1);
    }

    /// <summary>A tile of one half. What the number of rows decides is decided when the code is compiled.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Half<TRows>(
        float* a, nint aStride, int k, byte* half, float* y, nint yStride, bool continues, byte* fetch, nint fetchStep)
        where TRows : struct, ITileRows
    {
        TLanes s0 = TLanes.Zero, s1 = TLanes.Zero, s2 = TLanes.Zero, s3 = TLanes.Zero, s4 = TLanes.Zero, s5 = TLanes.Zero;
        if (continues)
        {
            s0 = TLanes.Load(y);
            s1 = TLanes.Load(y + yStride);
            s2 = TLanes.Load(y + 2 * yStride);
            if (TRows.Count > 3) s3 = TLanes.Load(y + 3 * yStride);
            if (TRows.Count > 4) s4 = TLanes.Load(y + 4 * yStride);
            if (TRows.Count > 5) s5 = TLanes.Load(y + 5 * yStride);
        }

        // Two pointers and one stride reach six rows. The odd inputs have a pointer of their own: from the same one the compiler
        // would keep the even inputs' vectors for them, and have no register left for one of the sums.
        float* upper = a + 3 * aStride, end = a + (k & ~1);
        byte* odd = half;
        for (; a < end; a += 2, upper += 2, half += TPanel.PairBytes, odd += TPanel.PairBytes)
        {
            Fetch(fetch);
            fetch += fetchStep;

            var weights = TPanel.LowHalf(half);
            Step(a, weights, ref s0);
            Step(a + aStride, weights, ref s1);
            Step(a + 2 * aStride, weights, ref s2);
            if (TRows.Count > 3) Step(upper, weights, ref s3);
            if (TRows.Count > 4) Step(upper + aStride, weights, ref s4);
            if (TRows.Count > 5) Step(upper + 2 * aStride, weights, ref s5);
            weights = TPanel.HighHalf(odd);
            Step(a + 1, weights, ref s0);
            Step(a + aStride + 1, weights, ref s1);
            Step(a + 2 * aStride + 1, weights, ref s2);
            if (TRows.Count > 3) Step(upper + 1, weights, ref s3);
            if (TRows.Count > 4) Step(upper + aStride + 1, weights, ref s4);
            if (TRows.Count > 5) Step(upper + 2 * aStride + 1, weights, ref s5);
        }

        if ((k & 1) != 0)
        {
            var weights = TPanel.LowHalf(half);
            Step(a, weights, ref s0);
            Step(a + aStride, weights, ref s1);
            Step(a + 2 * aStride, weights, ref s2);
            if (TRows.Count > 3) Step(upper, weights, ref s3);
            if (TRows.Count > 4) Step(upper + aStride, weights, ref s4);
            if (TRows.Count > 5) Step(upper + 2 * aStride, weights, ref s5);
        }

        TLanes.Store(y, s0);
        TLanes.Store(y + yStride, s1);
        TLanes.Store(y + 2 * yStride, s2);
        if (TRows.Count > 3) TLanes.Store(y + 3 * yStride, s3);
        if (TRows.Count > 4) TLanes.Store(y + 4 * yStride, s4);
        if (TRows.Count > 5) TLanes.Store(y + 5 * yStride, s5);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(float* input, TLanes weights, ref TLanes sum) => sum = TLanes.Fma(TLanes.BroadcastFrom(input), weights, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch(byte* line)
    {
        LaneFetch<TLanes>.Later(line);
        if (TPanel.PairBytes > 128) LaneFetch<TLanes>.Later(line + 64);
    }
}
