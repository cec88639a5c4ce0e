using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>
/// Mamba 2's recurrence, two rows over some columns of a head's state, in place: the second row takes each part of the state from registers. Three operations
/// for each element and row are then what the time goes to; four rows at once were no faster.
/// </summary>
internal static unsafe class StateSpaceTiles<TLanes> where TLanes : struct, ILanes<TLanes>
{
    /// <summary>32 columns.</summary>
    /// <param name="rows">Of which the first two are done.</param>
    /// <param name="state">The head's state.</param>
    /// <param name="column">Which is the first column.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Two(in ScanRows rows, float* state, int column)
    {
        nint dim = rows.StateDim, width = rows.HeadDim, stride = rows.Stride;
        float* keys = rows.Keys, queries = rows.Queries, values = rows.Values + column, outputs = rows.Outputs + column, place = state + column;
        TLanes decay0 = TLanes.BroadcastFrom(rows.Decays), decay1 = TLanes.BroadcastFrom(rows.Decays + rows.NumberStride);
        TLanes gain = TLanes.BroadcastFrom(rows.Gains), v00 = gain * TLanes.Load(values), v01 = gain * TLanes.Load(values + 16);
        gain = TLanes.BroadcastFrom(rows.Gains + rows.NumberStride);
        TLanes v10 = gain * TLanes.Load(values + stride), v11 = gain * TLanes.Load(values + stride + 16);
        TLanes y00 = TLanes.Zero, y01 = TLanes.Zero, y10 = TLanes.Zero, y11 = TLanes.Zero;
        for (nint i = 0; i < dim; i++, keys++, queries++, place += width)
        {
            TLanes key = TLanes.BroadcastFrom(keys), query = TLanes.BroadcastFrom(queries);
            TLanes s0 = TLanes.Fma(key, v00, TLanes.Load(place) * decay0), s1 = TLanes.Fma(key, v01, TLanes.Load(place + 16) * decay0);
            y00 = TLanes.Fma(query, s0, y00);
            y01 = TLanes.Fma(query, s1, y01);
            (key, query) = (TLanes.BroadcastFrom(keys + stride), TLanes.BroadcastFrom(queries + stride));
            (s0, s1) = (TLanes.Fma(key, v10, s0 * decay1), TLanes.Fma(key, v11, s1 * decay1));
            y10 = TLanes.Fma(query, s0, y10);
            y11 = TLanes.Fma(query, s1, y11);
            TLanes.Store(place, s0);
            TLanes.Store(place + 16, s1);
        }

        TLanes.Store(outputs, y00);
        TLanes.Store(outputs + 16, y01);
        TLanes.Store(outputs + rows.OutputStride, y10);
        TLanes.Store(outputs + rows.OutputStride + 16, y11);
    }

    /// <summary>As <see cref="Two"/>, sixteen columns, or fewer with <see cref="PartEdge{TLanes}"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void One<TEdge>(in ScanRows rows, float* state, int column) where TEdge : struct, ILaneEdge<TLanes>
    {
        nint dim = rows.StateDim, width = rows.HeadDim, stride = rows.Stride;
        int rest = rows.HeadDim - column;
        float* keys = rows.Keys, queries = rows.Queries, values = rows.Values + column, outputs = rows.Outputs + column, place = state + column;
        TLanes decay0 = TLanes.BroadcastFrom(rows.Decays), decay1 = TLanes.BroadcastFrom(rows.Decays + rows.NumberStride);
        var v0 = TLanes.BroadcastFrom(rows.Gains) * TEdge.Load(values, rest);
        var v1 = TLanes.BroadcastFrom(rows.Gains + rows.NumberStride) * TEdge.Load(values + stride, rest);
        TLanes y0 = TLanes.Zero, y1 = TLanes.Zero;
        for (nint i = 0; i < dim; i++, keys++, queries++, place += width)
        {
            var s = TLanes.Fma(TLanes.BroadcastFrom(keys), v0, TEdge.Load(place, rest) * decay0);
            y0 = TLanes.Fma(TLanes.BroadcastFrom(queries), s, y0);
            s = TLanes.Fma(TLanes.BroadcastFrom(keys + stride), v1, s * decay1);
            y1 = TLanes.Fma(TLanes.BroadcastFrom(queries + stride), s, y1);
            TEdge.Store(place, s, rest);
        }

        TEdge.Store(outputs, y0, rest);
        TEdge.Store(outputs + rows.OutputStride, y1, rest);
    }
}
