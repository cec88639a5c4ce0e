using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>
/// One row over some columns of a head's state, in place. A single row waits for memory, so that the state is best read as it lies: a call does rows
/// <c>[first, end)</c> of it, and sums go on from where the call before left them in the outputs.
/// </summary>
internal static unsafe class OneRowTiles<TLanes> where TLanes : struct, ILanes<TLanes>
{
    /// <summary>Adds what the decayed state has for the key, 64 columns.</summary>
    /// <param name="rows">Of which the first is done.</param>
    /// <param name="state">The head's state.</param>
    /// <param name="column">Which is the first column.</param>
    /// <param name="first">The first row of the state.</param>
    /// <param name="end">Behind the last one.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ReadFour(in ScanRows rows, float* state, int column, nint first, nint end)
    {
        nint width = rows.HeadDim;
        float* keys = rows.Keys, outputs = rows.Outputs + column, place = state + first * width + column;
        TLanes decay = TLanes.BroadcastFrom(rows.Decays), r0 = TLanes.Zero, r1 = TLanes.Zero, r2 = TLanes.Zero, r3 = TLanes.Zero;
        if (first > 0) (r0, r1, r2, r3) = (TLanes.Load(outputs), TLanes.Load(outputs + 16), TLanes.Load(outputs + 32), TLanes.Load(outputs + 48));
        for (; first < end; first++, place += width)
        {
            var key = TLanes.BroadcastFrom(keys + first);
            r0 = TLanes.Fma(key, TLanes.Load(place) * decay, r0);
            r1 = TLanes.Fma(key, TLanes.Load(place + 16) * decay, r1);
            r2 = TLanes.Fma(key, TLanes.Load(place + 32) * decay, r2);
            r3 = TLanes.Fma(key, TLanes.Load(place + 48) * decay, r3);
        }

        TLanes.Store(outputs, r0);
        TLanes.Store(outputs + 16, r1);
        TLanes.Store(outputs + 32, r2);
        TLanes.Store(outputs + 48, r3);
    }

    /// <summary>As <see cref="ReadFour"/>, sixteen columns, or fewer with <see cref="PartEdge{TLanes}"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ReadOne<TEdge>(in ScanRows rows, float* state, int column, nint first, nint end) where TEdge : struct, ILaneEdge<TLanes>
    {
        nint width = rows.HeadDim;
        int rest = rows.HeadDim - column;
        float* keys = rows.Keys, outputs = rows.Outputs + column, place = state + first * width + column;
        TLanes decay = TLanes.BroadcastFrom(rows.Decays), read = first > 0 ? TEdge.Load(outputs, rest) : TLanes.Zero;
        for (; first < end; first++, place += width) read = TLanes.Fma(TLanes.BroadcastFrom(keys + first), TEdge.Load(place, rest) * decay, read);
        TEdge.Store(outputs, read, rest);
    }

    /// <summary>Takes up the row and adds what the state then has for the query, 64 columns. A rule that reads does all rows of the state in one call.</summary>
    /// <param name="rows">Of which the first is done.</param>
    /// <param name="state">The head's state.</param>
    /// <param name="column">Which is the first column.</param>
    /// <param name="first">The first row of the state.</param>
    /// <param name="end">Behind the last one.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void StepFour<TRule>(in ScanRows rows, float* state, int column, nint first, nint end) where TRule : struct, IScanRule<TLanes>
    {
        nint width = rows.HeadDim;
        float* keys = rows.Keys, queries = rows.Queries, values = rows.Values + column, outputs = rows.Outputs + column, place = state + first * width + column;
        TLanes decay = TLanes.BroadcastFrom(rows.Decays), gain = TLanes.BroadcastFrom(rows.Gains);
        TLanes y0 = TLanes.Zero, y1 = TLanes.Zero, y2 = TLanes.Zero, y3 = TLanes.Zero;
        if (first > 0 || TRule.Reads) (y0, y1, y2, y3) = (TLanes.Load(outputs), TLanes.Load(outputs + 16), TLanes.Load(outputs + 32), TLanes.Load(outputs + 48));
        TLanes u0 = TRule.Update(TLanes.Load(values), gain, y0), u1 = TRule.Update(TLanes.Load(values + 16), gain, y1);
        TLanes u2 = TRule.Update(TLanes.Load(values + 32), gain, y2), u3 = TRule.Update(TLanes.Load(values + 48), gain, y3);
        if (TRule.Reads) y0 = y1 = y2 = y3 = TLanes.Zero;
        for (; first < end; first++, place += width)
        {
            TLanes key = TLanes.BroadcastFrom(keys + first), query = TLanes.BroadcastFrom(queries + first);
            var s = TLanes.Fma(key, u0, TLanes.Load(place) * decay);
            TLanes.Store(place, s);
            y0 = TLanes.Fma(query, s, y0);
            s = TLanes.Fma(key, u1, TLanes.Load(place + 16) * decay);
            TLanes.Store(place + 16, s);
            y1 = TLanes.Fma(query, s, y1);
            s = TLanes.Fma(key, u2, TLanes.Load(place + 32) * decay);
            TLanes.Store(place + 32, s);
            y2 = TLanes.Fma(query, s, y2);
            s = TLanes.Fma(key, u3, TLanes.Load(place + 48) * decay);
            TLanes.Store(place + 48, s);
            y3 = TLanes.Fma(query, s, y3);
        }

        TLanes.Store(outputs, y0);
        TLanes.Store(outputs + 16, y1);
        TLanes.Store(outputs + 32, y2);
        TLanes.Store(outputs + 48, y3);
    }

    /// <summary>As <see cref="StepFour"/>, sixteen columns, or fewer with <see cref="PartEdge{TLanes}"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void StepOne<TRule, TEdge>(in ScanRows rows, float* state, int column, nint first, nint end)
        where TRule : struct, IScanRule<TLanes>
        where TEdge : struct, ILaneEdge<TLanes>
    {
        nint width = rows.HeadDim;
        int rest = rows.HeadDim - column;
        float* keys = rows.Keys, queries = rows.Queries, outputs = rows.Outputs + column, place = state + first * width + column;
        TLanes decay = TLanes.BroadcastFrom(rows.Decays), y = first > 0 || TRule.Reads ? TEdge.Load(outputs, rest) : TLanes.Zero;
        var update = TRule.Update(TEdge.Load(rows.Values + column, rest), TLanes.BroadcastFrom(rows.Gains), y);
        if (TRule.Reads) y = TLanes.Zero;
        for (; first < end; first++, place += width)
        {
            var s = TLanes.Fma(TLanes.BroadcastFrom(keys + first), update, TEdge.Load(place, rest) * decay);
            TEdge.Store(place, s, rest);
            y = TLanes.Fma(TLanes.BroadcastFrom(queries + first), s, y);
        }

        TEdge.Store(outputs, y, rest);
    }
}
