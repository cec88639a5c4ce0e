using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels.Compressed;

/// <summary>What rows do with compressed blocks.</summary>
internal static unsafe class CompressedBlock<TLanes> where TLanes : struct, ILanes<TLanes>
{
    private const int Columns = PackedMatrix.PanelColumns;
    private const int UnitInputs = CompressedLayout.UnitInputs;

    /// <summary>
    /// Multiplies the rows of a few tiles, which widen weights in registers as they read them. A unit with an exception is widened into memory and
    /// put right there; what lies between such units, of whatever blocks, is read in one piece.
    /// </summary>
    /// <param name="a">The first row.</param>
    /// <param name="aStride">Floats from one row to the next.</param>
    /// <param name="k">Inputs of the blocks.</param>
    /// <param name="blocks">The first block.</param>
    /// <param name="rows">Rows: one tile where <paramref name="kept"/> takes what it widens.</param>
    /// <param name="y">The first row's sums.</param>
    /// <param name="yStride">Floats from one row's sums to the next.</param>
    /// <param name="continues">Whether the chains go on from the sums in memory.</param>
    /// <param name="next">Cache lines that are fetched into the second-level cache along the way.</param>
    /// <param name="lines">How many.</param>
    /// <param name="kept">Takes the widened weights of a full tile as <see cref="WideReader{TLanes}"/> reads them; null where nobody needs them.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* a, nint aStride, int k, byte* blocks, int rows, float* y, nint yStride, bool continues, byte* next, long lines, float* kept)
    {
        // The list of exceptions is looked at first.
        for (byte* header = next; header < next + lines * 64; header += CompressedLayout.BlockBytes) LaneFetch<TLanes>.Later(header);
        int exception = 0;
        for (int done = 0, unit; done < k; done = unit + UnitInputs)
        {
            unit = ExceptionFrom(done, ref exception, blocks, k);
            if (unit > done)
            {
                // A tile asks for four lines with each unit.
                long fetched = Math.Min(lines, unit - done);
                Piece(a + done, aStride, unit - done, new CompressedReader<TLanes>(blocks, done), rows, y, yStride, continues || done > 0, next, fetched, kept is null ? null : kept + done * Columns);
                next += fetched * 64;
                lines -= fetched;
            }

            if (unit < k) ExceptionUnit(a + unit, aStride, Math.Min(UnitInputs, k - unit), blocks, unit, rows, y, yStride, continues || unit > 0, kept is null ? null : kept + unit * Columns);
        }
    }

    /// <summary>Widens some units into memory, exceptions among them.</summary>
    /// <param name="block">The block.</param>
    /// <param name="first">First input, a multiple of four.</param>
    /// <param name="inputs">Inputs; whole units are written.</param>
    /// <param name="target">Takes 32 floats for each input.</param>
    public static void Widen(byte* block, int first, int inputs, float* target)
    {
        int units = (inputs + UnitInputs - 1) / UnitInputs;
        LinearBlock<TLanes>.Widen(new CompressedReader<TLanes>(block, first), 2 * units, target);
        for (int i = 0; CompressedLayout.HasException(block, i, out int place); i++)
        {
            place -= first * Columns;
            if (place >= 0 && place < units * CompressedLayout.UnitWeights) ((byte*)(target + place))[3] = block[CompressedLayout.BytesOffset + i];
        }
    }

    /// <summary>Writes the pairs of a whole block as they were before they were compressed.</summary>
    /// <param name="block">The block.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="target">Takes them; whole units are written.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Expand(byte* block, int inputs, ushort* target)
    {
        var reader = new CompressedReader<TLanes>(block, 0);
        int weights = (inputs + UnitInputs - 1) / UnitInputs * CompressedLayout.UnitWeights;
        for (ushort* pair = target; pair < target + weights; pair += CompressedLayout.PairWeights)
        {
            reader.Words(out var left, out var right);
            TLanes.Store((float*)pair, left);
            TLanes.Store((float*)pair + 16, right);
        }

        for (int i = 0; CompressedLayout.HasException(block, i, out int place) && place < weights; i++)
        {
            int input = place / Columns, column = place % Columns;
            ((byte*)(target + (input / 2 * Columns + column) * 2 + input % 2))[1] = block[CompressedLayout.BytesOffset + i];
        }
    }

    /// <summary>The first input of the next unit with an exception; the number of inputs where there is none.</summary>
    /// <param name="done">Inputs that are done.</param>
    /// <param name="exception">Exceptions that are: 16 for each block before, and those of the block.</param>
    /// <param name="blocks">The first block.</param>
    /// <param name="k">Inputs.</param>
    private static int ExceptionFrom(int done, ref int exception, byte* blocks, int k)
    {
        const int Most = CompressedLayout.MostExceptions;
        while (true)
        {
            int first = exception / Most * CompressedLayout.BlockInputs;
            if (first >= k) return k;
            if (!CompressedLayout.HasException(blocks + (nint)(exception / Most) * CompressedLayout.BlockBytes, exception % Most, out int place))
            {
                exception = (exception / Most + 1) * Most;
                continue;
            }

            exception++;
            int unit = first + place / CompressedLayout.UnitWeights * UnitInputs;
            if (unit >= done) return Math.Min(unit, k);
        }
    }

    private static void Piece(
        float* a, nint aStride, int k, CompressedReader<TLanes> weights, int rows, float* y, nint yStride, bool continues, byte* next, long lines, float* kept)
    {
        if (kept is null) LinearBlock<TLanes>.Run(a, aStride, k, weights, rows, y, yStride, continues, next, lines);
        else LinearBlock<TLanes>.Keep(a, aStride, k, weights, y, yStride, continues, next, next + lines * 64, kept);
    }

    [SkipLocalsInit]
    private static void ExceptionUnit(float* a, nint aStride, int k, byte* blocks, int input, int rows, float* y, nint yStride, bool continues, float* kept)
    {
        float* room = stackalloc float[CompressedLayout.UnitWeights + 16], wide = kept is null ? (float*)(((nint)room + 63) & ~63) : kept;
        byte* block = CompressedLayout.BlockOf(blocks, ref input);
        Widen(block, input, UnitInputs, wide);
        LinearBlock<TLanes>.Run(a, aStride, k, new WideReader<TLanes>(wide), rows, y, yStride, continues, null, 0);
    }
}
