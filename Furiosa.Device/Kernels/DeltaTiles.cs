using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>
/// The gated delta rule over some columns of a head's state, for all rows. The columns are kept next to each other, decayed for the row that comes next:
/// one pass over them finishes a row and begins the next one, so that each row reads and writes them once.
/// </summary>
internal static unsafe class DeltaTiles<TLanes> where TLanes : struct, ILanes<TLanes>
{
    /// <summary>Sixteen columns, or fewer with <see cref="PartEdge{TLanes}"/>.</summary>
    /// <param name="rows">The rows, one at least.</param>
    /// <param name="state">The head's state.</param>
    /// <param name="column">Which is the first column.</param>
    /// <param name="tile">Room for [StateDim][16].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void One<TEdge>(in ScanRows rows, float* state, int column, float* tile) where TEdge : struct, ILaneEdge<TLanes>
    {
        nint dim = rows.StateDim, width = rows.HeadDim;
        int rest = rows.HeadDim - column;
        float* keys = rows.Keys, queries = rows.Queries, values = rows.Values + column, outputs = rows.Outputs + column;
        float* decays = rows.Decays, gains = rows.Gains, source = state + column;
        TLanes decay = TLanes.BroadcastFrom(decays), read = TLanes.Zero;
        for (nint i = 0; i < dim; i++)
        {
            var s = TEdge.Load(source + i * width, rest) * decay;
            TLanes.Store(tile + i * 16, s);
            read = TLanes.Fma(TLanes.BroadcastFrom(keys + i), s, read);
        }

        for (int row = 1; row < rows.Count; row++)
        {
            TLanes delta = (TEdge.Load(values, rest) - read) * TLanes.BroadcastFrom(gains), y = TLanes.Zero;
            float* next = keys + rows.Stride;
            decays += rows.NumberStride;
            decay = TLanes.BroadcastFrom(decays);
            read = TLanes.Zero;
            for (nint i = 0; i < dim; i++)
            {
                var s = TLanes.Fma(TLanes.BroadcastFrom(keys + i), delta, TLanes.Load(tile + i * 16));
                y = TLanes.Fma(TLanes.BroadcastFrom(queries + i), s, y);
                s *= decay;
                TLanes.Store(tile + i * 16, s);
                read = TLanes.Fma(TLanes.BroadcastFrom(next + i), s, read);
            }

            TEdge.Store(outputs, y, rest);
            keys = next;
            queries += rows.Stride;
            values += rows.Stride;
            gains += rows.NumberStride;
            outputs += rows.OutputStride;
        }

        TLanes last = (TEdge.Load(values, rest) - read) * TLanes.BroadcastFrom(gains), sum = TLanes.Zero;
        for (nint i = 0; i < dim; i++)
        {
            var s = TLanes.Fma(TLanes.BroadcastFrom(keys + i), last, TLanes.Load(tile + i * 16));
            TEdge.Store(source + i * width, s, rest);
            sum = TLanes.Fma(TLanes.BroadcastFrom(queries + i), s, sum);
        }

        TEdge.Store(outputs, sum, rest);
    }

    /// <summary>As <see cref="One"/>, 32 columns: two chains of each sum, because one takes as long as its additions wait for each other.</summary>
    /// <param name="rows">The rows, one at least.</param>
    /// <param name="state">The head's state.</param>
    /// <param name="column">Which is the first column.</param>
    /// <param name="tile">Room for [StateDim][32].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Two(in ScanRows rows, float* state, int column, float* tile)
    {
        nint dim = rows.StateDim, width = rows.HeadDim;
        float* keys = rows.Keys, queries = rows.Queries, values = rows.Values + column, outputs = rows.Outputs + column;
        float* decays = rows.Decays, gains = rows.Gains, source = state + column;
        TLanes decay = TLanes.BroadcastFrom(decays), read0 = TLanes.Zero, read1 = TLanes.Zero;
        for (nint i = 0; i < dim; i++)
        {
            TLanes s0 = TLanes.Load(source + i * width) * decay, s1 = TLanes.Load(source + i * width + 16) * decay, key = TLanes.BroadcastFrom(keys + i);
            TLanes.Store(tile + i * 32, s0);
            TLanes.Store(tile + i * 32 + 16, s1);
            read0 = TLanes.Fma(key, s0, read0);
            read1 = TLanes.Fma(key, s1, read1);
        }

        for (int row = 1; row < rows.Count; row++)
        {
            TLanes gain = TLanes.BroadcastFrom(gains), y0 = TLanes.Zero, y1 = TLanes.Zero;
            TLanes delta0 = (TLanes.Load(values) - read0) * gain, delta1 = (TLanes.Load(values + 16) - read1) * gain;
            float* next = keys + rows.Stride;
            decays += rows.NumberStride;
            decay = TLanes.BroadcastFrom(decays);
            read0 = read1 = TLanes.Zero;
            for (nint i = 0; i < dim; i++)
            {
                TLanes key = TLanes.BroadcastFrom(keys + i), query = TLanes.BroadcastFrom(queries + i);
                TLanes s0 = TLanes.Fma(key, delta0, TLanes.Load(tile + i * 32)), s1 = TLanes.Fma(key, delta1, TLanes.Load(tile + i * 32 + 16));
                y0 = TLanes.Fma(query, s0, y0);
                y1 = TLanes.Fma(query, s1, y1);
                s0 *= decay;
                s1 *= decay;
                key = TLanes.BroadcastFrom(next + i);
                TLanes.Store(tile + i * 32, s0);
                TLanes.Store(tile + i * 32 + 16, s1);
                read0 = TLanes.Fma(key, s0, read0);
                read1 = TLanes.Fma(key, s1, read1);
            }

            TLanes.Store(outputs, y0);
            TLanes.Store(outputs + 16, y1);
            keys = next;
            queries += rows.Stride;
            values += rows.Stride;
            gains += rows.NumberStride;
            outputs += rows.OutputStride;
        }

        TLanes last = TLanes.BroadcastFrom(gains), last0 = (TLanes.Load(values) - read0) * last, last1 = (TLanes.Load(values + 16) - read1) * last;
        TLanes sum0 = TLanes.Zero, sum1 = TLanes.Zero;
        for (nint i = 0; i < dim; i++)
        {
            TLanes key = TLanes.BroadcastFrom(keys + i), query = TLanes.BroadcastFrom(queries + i);
            TLanes s0 = TLanes.Fma(key, last0, TLanes.Load(tile + i * 32)), s1 = TLanes.Fma(key, last1, TLanes.Load(tile + i * 32 + 16));
            TLanes.Store(source + i * width, s0);
            TLanes.Store(source + i * width + 16, s1);
            sum0 = TLanes.Fma(query, s0, sum0);
            sum1 = TLanes.Fma(query, s1, sum1);
        }

        TLanes.Store(outputs, sum0);
        TLanes.Store(outputs + 16, sum1);
    }
}
