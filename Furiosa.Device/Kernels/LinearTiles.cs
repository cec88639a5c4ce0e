using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Kernels;

/// <summary>
/// The inner loop of all linear products over whole panels. Each output element is one chain of fused multiply-adds from zero in ascending k,
/// in every tile size, so that a row's result does not depend on its neighbours. One local per accumulator keeps them in registers; what the
/// number of rows decides is decided when the code is compiled.
/// </summary>
internal static unsafe class LinearTiles<TLanes, TReader>
    where TLanes : struct, ILanes<TLanes>
    where TReader : struct, IPanelReader<TLanes>
{
    /// <summary>Some rows, one panel.</summary>
    /// <param name="a">The first row.</param>
    /// <param name="aStride">Floats from one row to the next.</param>
    /// <param name="k">Inputs.</param>
    /// <param name="weights">Reads their pairs.</param>
    /// <param name="y">The first row's sums.</param>
    /// <param name="yStride">Floats from one row's sums to the next.</param>
    /// <param name="continues">Whether the chains go on from the sums in memory.</param>
    /// <param name="fetch">Cache lines that are fetched into the second-level cache along the way.</param>
    /// <param name="fetchEnd">Their end.</param>
    /// <param name="kept">Takes the widened weights, if <typeparamref name="TKeeper"/> keeps them.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TRows, TKeeper>(
        float* a, nint aStride, int k, TReader weights, float* y, nint yStride, bool continues, byte* fetch, byte* fetchEnd, float* kept)
        where TRows : struct, ITileRows
        where TKeeper : struct, IWeightKeeper<TLanes>
    {
        TLanes l0 = TLanes.Zero, r0 = TLanes.Zero;
        TLanes l1 = TLanes.Zero, r1 = TLanes.Zero;
        TLanes l2 = TLanes.Zero, r2 = TLanes.Zero;
        TLanes l3 = TLanes.Zero, r3 = TLanes.Zero;
        TLanes l4 = TLanes.Zero, r4 = TLanes.Zero;
        TLanes l5 = TLanes.Zero, r5 = TLanes.Zero;
        TLanes l6 = TLanes.Zero, r6 = TLanes.Zero;
        TLanes l7 = TLanes.Zero, r7 = TLanes.Zero;
        if (continues)
        {
            Resume(y, out l0, out r0);
            if (TRows.Count > 1) Resume(y + yStride, out l1, out r1);
            if (TRows.Count > 2) Resume(y + 2 * yStride, out l2, out r2);
            if (TRows.Count > 3) Resume(y + 3 * yStride, out l3, out r3);
            if (TRows.Count > 4) Resume(y + 4 * yStride, out l4, out r4);
            if (TRows.Count > 5) Resume(y + 5 * yStride, out l5, out r5);
            if (TRows.Count > 6) Resume(y + 6 * yStride, out l6, out r6);
            if (TRows.Count > 7) Resume(y + 7 * yStride, out l7, out r7);
        }

        float* a1 = a + aStride, a2 = a1 + aStride, a3 = a2 + aStride, a4 = a3 + aStride, a5 = a4 + aStride, a6 = a5 + aStride, a7 = a6 + aStride;
        nint i = 0;
        for (nint pairs = k & ~1; i < pairs; i += 2)
        {
            if (TRows.Count == 1)
            {
                weights.FetchSoon();
            }
            else if (Sse.IsSupported && fetch < fetchEnd)
            {
                Sse.Prefetch1(fetch);
                Sse.Prefetch1(fetch + 64);
                fetch += 128;
            }

            weights.Next(out var left, out var right, out var oddLeft, out var oddRight);
            TKeeper.Keep(ref kept, left, right);
            TKeeper.Keep(ref kept, oddLeft, oddRight);
            Step(a + i, left, right, ref l0, ref r0);
            if (TRows.Count > 1) Step(a1 + i, left, right, ref l1, ref r1);
            if (TRows.Count > 2) Step(a2 + i, left, right, ref l2, ref r2);
            if (TRows.Count > 3) Step(a3 + i, left, right, ref l3, ref r3);
            if (TRows.Count > 4) Step(a4 + i, left, right, ref l4, ref r4);
            if (TRows.Count > 5) Step(a5 + i, left, right, ref l5, ref r5);
            if (TRows.Count > 6) Step(a6 + i, left, right, ref l6, ref r6);
            if (TRows.Count > 7) Step(a7 + i, left, right, ref l7, ref r7);
            Step(a + i + 1, oddLeft, oddRight, ref l0, ref r0);
            if (TRows.Count > 1) Step(a1 + i + 1, oddLeft, oddRight, ref l1, ref r1);
            if (TRows.Count > 2) Step(a2 + i + 1, oddLeft, oddRight, ref l2, ref r2);
            if (TRows.Count > 3) Step(a3 + i + 1, oddLeft, oddRight, ref l3, ref r3);
            if (TRows.Count > 4) Step(a4 + i + 1, oddLeft, oddRight, ref l4, ref r4);
            if (TRows.Count > 5) Step(a5 + i + 1, oddLeft, oddRight, ref l5, ref r5);
            if (TRows.Count > 6) Step(a6 + i + 1, oddLeft, oddRight, ref l6, ref r6);
            if (TRows.Count > 7) Step(a7 + i + 1, oddLeft, oddRight, ref l7, ref r7);
        }

        if (i < k)
        {
            weights.Next(out var left, out var right, out _, out _);
            TKeeper.Keep(ref kept, left, right);
            Step(a + i, left, right, ref l0, ref r0);
            if (TRows.Count > 1) Step(a1 + i, left, right, ref l1, ref r1);
            if (TRows.Count > 2) Step(a2 + i, left, right, ref l2, ref r2);
            if (TRows.Count > 3) Step(a3 + i, left, right, ref l3, ref r3);
            if (TRows.Count > 4) Step(a4 + i, left, right, ref l4, ref r4);
            if (TRows.Count > 5) Step(a5 + i, left, right, ref l5, ref r5);
            if (TRows.Count > 6) Step(a6 + i, left, right, ref l6, ref r6);
            if (TRows.Count > 7) Step(a7 + i, left, right, ref l7, ref r7);
        }

        Save(y, l0, r0);
        if (TRows.Count > 1) Save(y + yStride, l1, r1);
        if (TRows.Count > 2) Save(y + 2 * yStride, l2, r2);
        if (TRows.Count > 3) Save(y + 3 * yStride, l3, r3);
        if (TRows.Count > 4) Save(y + 4 * yStride, l4, r4);
        if (TRows.Count > 5) Save(y + 5 * yStride, l5, r5);
        if (TRows.Count > 6) Save(y + 6 * yStride, l6, r6);
        if (TRows.Count > 7) Save(y + 7 * yStride, l7, r7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(float* a, TLanes left, TLanes right, ref TLanes sumLeft, ref TLanes sumRight)
    {
        var value = TLanes.BroadcastFrom(a);
        sumLeft = TLanes.Fma(value, left, sumLeft);
        sumRight = TLanes.Fma(value, right, sumRight);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Resume(float* y, out TLanes left, out TLanes right)
    {
        left = TLanes.Load(y);
        right = TLanes.Load(y + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Save(float* y, TLanes left, TLanes right)
    {
        TLanes.Store(y, left);
        TLanes.Store(y + 16, right);
    }
}
