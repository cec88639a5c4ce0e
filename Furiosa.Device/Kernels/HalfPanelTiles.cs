using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Kernels;

/// <summary>
/// Tiles for machines with sixteen vector registers of eight lanes: six rows by sixteen columns keep twelve sums, two vectors of weights
/// and an input in registers, where eight rows by 32 columns would go through memory at every step. Each output element is the same
/// chain as in <see cref="LinearTiles{TLanes,TPanel}"/>. A panel's halves are cache lines of their own.
/// </summary>
internal static unsafe class HalfPanelTiles<TLanes, TPanel>
    where TLanes : struct, ILanes<TLanes>
    where TPanel : struct, IPanelFormat<TLanes>
{
    /// <summary>Rows of a tile.</summary>
    public const int Rows = 6;

    private const int HalfBytes = 64;
    private const int HalfColumns = PackedMatrix.PanelColumns / 2;

    /// <summary>Some tiles: all rows over the left half, then over the right one, so that the half stays in the first-level cache.</summary>
    /// <param name="a">The first row.</param>
    /// <param name="aStride">Floats from one row to the next.</param>
    /// <param name="k">Inputs.</param>
    /// <param name="panel">Their pairs.</param>
    /// <param name="tiles">Tiles of <see cref="Rows"/> rows.</param>
    /// <param name="y">The first row's sums.</param>
    /// <param name="yStride">Floats from one row's sums to the next.</param>
    /// <param name="continues">Whether the chains go on from the sums in memory.</param>
    /// <param name="next">Cache lines that are fetched into the second-level cache along the way.</param>
    /// <param name="lines">How many.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void BothHalves(
        float* a, nint aStride, int k, byte* panel, int tiles, float* y, nint yStride, bool continues, byte* next, long lines)
    {
        for (int t = 0; t < 2 * tiles; t++)
        {
            int half = t / tiles, row = t % tiles * Rows;
            Rows6(
                a + row * aStride, aStride, k, panel + half * HalfBytes, y + row * yStride + half * HalfColumns, yStride, continues,
                next + t * lines / (2 * tiles) * 64, next + (t + 1) * lines / (2 * tiles) * 64);
        }
    }

    /// <summary>4 rows, one panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void BothHalves4(float* a, nint aStride, int k, byte* panel, float* y, nint yStride, bool continues)
    {
        Rows4(a, aStride, k, panel, y, yStride, continues);
        Rows4(a, aStride, k, panel + HalfBytes, y + HalfColumns, yStride, continues);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows6(
        float* a, nint aStride, int k, byte* half, float* y, nint yStride, bool continues, byte* fetch, byte* fetchEnd)
    {
        TLanes s0 = TLanes.Zero, s1 = TLanes.Zero, s2 = TLanes.Zero, s3 = TLanes.Zero, s4 = TLanes.Zero, s5 = TLanes.Zero;
        if (continues)
        {
            s0 = TLanes.Load(y);
            s1 = TLanes.Load(y + yStride);
            s2 = TLanes.Load(y + 2 * yStride);
            s3 = TLanes.Load(y + 3 * yStride);
            s4 = TLanes.Load(y + 4 * yStride);
            s5 = TLanes.Load(y + 5 * yStride);
        }

        // Two pointers and one stride reach six rows. The odd inputs have a pointer of their own: from the same one the compiler
        // would keep the even inputs' vectors for them, and have no register left for one of the sums.
        float* upper = a + 3 * aStride, end = a + (k & ~1);
        byte* odd = half;
        for (; a < end; a += 2, upper += 2, half += TPanel.PairBytes, odd += TPanel.PairBytes)
        {
            if (Sse.IsSupported && fetch < fetchEnd)
            {
                Sse.Prefetch1(fetch);
                Sse.Prefetch1(fetch + 64);
                fetch += 128;
            }

            var weights = TPanel.LowHalf(half);
            Step(a, weights, ref s0);
            Step(a + aStride, weights, ref s1);
            Step(a + 2 * aStride, weights, ref s2);
            Step(upper, weights, ref s3);
            Step(upper + aStride, weights, ref s4);
            Step(upper + 2 * aStride, weights, ref s5);
            weights = TPanel.HighHalf(odd);
            Step(a + 1, weights, ref s0);
            Step(a + aStride + 1, weights, ref s1);
            Step(a + 2 * aStride + 1, weights, ref s2);
            Step(upper + 1, weights, ref s3);
            Step(upper + aStride + 1, weights, ref s4);
            Step(upper + 2 * aStride + 1, weights, ref s5);
        }

        if ((k & 1) != 0)
        {
            var weights = TPanel.LowHalf(half);
            Step(a, weights, ref s0);
            Step(a + aStride, weights, ref s1);
            Step(a + 2 * aStride, weights, ref s2);
            Step(upper, weights, ref s3);
            Step(upper + aStride, weights, ref s4);
            Step(upper + 2 * aStride, weights, ref s5);
        }

        TLanes.Store(y, s0);
        TLanes.Store(y + yStride, s1);
        TLanes.Store(y + 2 * yStride, s2);
        TLanes.Store(y + 3 * yStride, s3);
        TLanes.Store(y + 4 * yStride, s4);
        TLanes.Store(y + 5 * yStride, s5);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4(float* a, nint aStride, int k, byte* half, float* y, nint yStride, bool continues)
    {
        TLanes s0 = TLanes.Zero, s1 = TLanes.Zero, s2 = TLanes.Zero, s3 = TLanes.Zero;
        if (continues)
        {
            s0 = TLanes.Load(y);
            s1 = TLanes.Load(y + yStride);
            s2 = TLanes.Load(y + 2 * yStride);
            s3 = TLanes.Load(y + 3 * yStride);
        }

        float* upper = a + 2 * aStride, end = a + (k & ~1);
        for (; a < end; a += 2, upper += 2, half += TPanel.PairBytes)
        {
            var weights = TPanel.LowHalf(half);
            Step(a, weights, ref s0);
            Step(a + aStride, weights, ref s1);
            Step(upper, weights, ref s2);
            Step(upper + aStride, weights, ref s3);
            weights = TPanel.HighHalf(half);
            Step(a + 1, weights, ref s0);
            Step(a + aStride + 1, weights, ref s1);
            Step(upper + 1, weights, ref s2);
            Step(upper + aStride + 1, weights, ref s3);
        }

        if ((k & 1) != 0)
        {
            var weights = TPanel.LowHalf(half);
            Step(a, weights, ref s0);
            Step(a + aStride, weights, ref s1);
            Step(upper, weights, ref s2);
            Step(upper + aStride, weights, ref s3);
        }

        TLanes.Store(y, s0);
        TLanes.Store(y + yStride, s1);
        TLanes.Store(y + 2 * yStride, s2);
        TLanes.Store(y + 3 * yStride, s3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(float* input, TLanes weights, ref TLanes sum) => sum = TLanes.Fma(TLanes.BroadcastFrom(input), weights, sum);
}
