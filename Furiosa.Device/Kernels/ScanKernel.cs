using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>
/// One head of a recurrent layer over consecutive positions of one sequence. Lanes are columns of the state and every sum is one chain over its rows
/// in ascending order, so that the answers are the same for any width of vectors, any share of columns, and rows in one call or in several.
/// </summary>
internal static unsafe class ScanKernel<TLanes> where TLanes : struct, ILanes<TLanes>
{
    // Floats of a state that one row goes over at a time, some columns after others: so few that memory is read as it lies. Wider bands were faster in a near
    // cache, but took twice as long from memory, where a state is once the weights of a step have gone by.
    private const int BandFloats = 256;

    /// <summary>
    /// The gated delta rule. For each position with key k, query q, value v: <c>S = S * decay</c>, rounded; <c>r = sum of k[i] * S[i]</c>;
    /// <c>d = (v - r) * gain</c>; <c>S[i] = fma(k[i], d, S[i])</c>; <c>y = sum of q[i] * S[i]</c>. Sums are fused multiply-adds in ascending i, from zero.
    /// </summary>
    /// <param name="rows">The positions.</param>
    /// <param name="state">[StateDim][HeadDim], updated.</param>
    /// <exception cref="ArgumentOutOfRangeException">The state has more than <see cref="ScanRows.MostStateDim"/> rows.</exception>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Delta(in ScanRows rows, float* state)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows.StateDim, ScanRows.MostStateDim);
        if (rows.Count == 1)
        {
            ReadDelta(rows, state);
            Step<DeltaRule<TLanes>>(rows, state);
        }
        else if (rows.Count > 1)
        {
            DeltaRows(rows, state);
        }
    }

    /// <summary>
    /// Mamba 2's recurrence. For each position with key k, query q, value v: <c>S[i] = fma(k[i], gain * v, S[i] * decay)</c>, both products rounded first;
    /// <c>y = sum of q[i] * S[i]</c>, fused multiply-adds in ascending i, from zero.
    /// </summary>
    /// <param name="rows">The positions.</param>
    /// <param name="state">[StateDim][HeadDim], updated.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void StateSpace(in ScanRows rows, float* state)
    {
        int pairs = rows.Count & ~1, column = 0;
        for (; column + 32 <= rows.HeadDim; column += 32)
        {
            for (int row = 0; row < pairs; row += 2) StateSpaceTiles<TLanes>.Two(rows.From(row), state, column);
        }

        for (; column + 16 <= rows.HeadDim; column += 16)
        {
            for (int row = 0; row < pairs; row += 2) StateSpaceTiles<TLanes>.One<WholeEdge<TLanes>>(rows.From(row), state, column);
        }

        for (int row = 0; column < rows.HeadDim && row < pairs; row += 2) StateSpaceTiles<TLanes>.One<PartEdge<TLanes>>(rows.From(row), state, column);
        if (pairs < rows.Count) Step<StateSpaceRule<TLanes>>(rows.From(pairs), state);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DeltaRows(in ScanRows rows, float* state)
    {
        float* tile = stackalloc float[rows.StateDim * 32];
        int column = 0;
        for (; column + 32 <= rows.HeadDim; column += 32) DeltaTiles<TLanes>.Two(rows, state, column, tile);
        for (; column + 16 <= rows.HeadDim; column += 16) DeltaTiles<TLanes>.One<WholeEdge<TLanes>>(rows, state, column, tile);
        if (column < rows.HeadDim) DeltaTiles<TLanes>.One<PartEdge<TLanes>>(rows, state, column, tile);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ReadDelta(in ScanRows rows, float* state)
    {
        int band = Band(rows);
        for (int first = 0; first < rows.StateDim; first += band)
        {
            int end = Math.Min(rows.StateDim, first + band), column = 0;
            for (; column + 64 <= rows.HeadDim; column += 64) OneRowTiles<TLanes>.ReadFour(rows, state, column, first, end);
            for (; column + 16 <= rows.HeadDim; column += 16) OneRowTiles<TLanes>.ReadOne<WholeEdge<TLanes>>(rows, state, column, first, end);
            if (column < rows.HeadDim) OneRowTiles<TLanes>.ReadOne<PartEdge<TLanes>>(rows, state, column, first, end);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Step<TRule>(in ScanRows rows, float* state) where TRule : struct, IScanRule<TLanes>
    {
        // A rule that reads has just brought the state near, so that the order in which it lies does not matter any more.
        int band = TRule.Reads ? rows.StateDim : Band(rows);
        for (int first = 0; first < rows.StateDim; first += band)
        {
            int end = Math.Min(rows.StateDim, first + band), column = 0;
            for (; column + 64 <= rows.HeadDim; column += 64) OneRowTiles<TLanes>.StepFour<TRule>(rows, state, column, first, end);
            for (; column + 16 <= rows.HeadDim; column += 16) OneRowTiles<TLanes>.StepOne<TRule, WholeEdge<TLanes>>(rows, state, column, first, end);
            if (column < rows.HeadDim) OneRowTiles<TLanes>.StepOne<TRule, PartEdge<TLanes>>(rows, state, column, first, end);
        }
    }

    private static int Band(in ScanRows rows) => rows.HeadDim <= 64 ? rows.StateDim : Math.Max(1, BandFloats / rows.HeadDim);
}
