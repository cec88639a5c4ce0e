using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Kernels;

/// <summary>Copies columns of 16-bit weights into a panel, whose words are the pairs of inputs of one column after the other.</summary>
internal static unsafe class ColumnCopy
{
    private const int Columns = PackedMatrix.PanelColumns;
    private const int Side = 8; // of the squares that are turned in registers

    // Eight columns write half a line of each pair: the other columns should find it in the nearest cache.
    private const int BlockPairs = 128;

    /// <summary>Copies some inputs of those columns that are there.</summary>
    /// <param name="columns">Where the first input of each of the panel's columns is; null where the column is not copied.</param>
    /// <param name="first">First input.</param>
    /// <param name="inputs">Inputs; the second half of a last pair of one input becomes zero.</param>
    /// <param name="target">The first input's pair in the panel.</param>
    /// <param name="plain">Whether to copy word after word; the result is the same.</param>
    public static void Copy(ushort** columns, int first, int inputs, uint* target, bool plain = false)
    {
        int squares = plain || !Avx2.IsSupported ? 0 : inputs / 2 / Side * Side;
        for (int pair = 0; pair < inputs / 2; pair += BlockPairs)
        {
            int end = Math.Min(pair + BlockPairs, inputs / 2);
            for (int column = 0; column < Columns; column += Side)
            {
                int from = pair;
                if (All(columns + column))
                {
                    for (; from < Math.Min(end, squares); from += Side) Turn(columns + column, first + 2 * from, target + (nint)from * Columns + column);
                }

                for (int i = column; i < column + Side; i++)
                {
                    if (columns[i] is not null) Words(columns[i] + first, from, end, target + i);
                }
            }
        }

        if ((inputs & 1) == 0) return;
        for (int i = 0; i < Columns; i++)
        {
            if (columns[i] is not null) target[(nint)(inputs / 2) * Columns + i] = columns[i][first + inputs - 1];
        }
    }

    private static bool All(ushort** columns)
    {
        for (int i = 0; i < Side; i++)
        {
            if (columns[i] is null) return false;
        }

        return true;
    }

    private static void Words(ushort* column, int from, int end, uint* target)
    {
        for (int pair = from; pair < end; pair++) target[(nint)pair * Columns] = Unsafe.ReadUnaligned<uint>(column + 2 * pair);
    }

    /// <summary>Eight pairs of eight columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(ushort** columns, int input, uint* target)
    {
        Quarter(columns, input, out var a0, out var a1, out var a2, out var a3);
        Quarter(columns + 4, input, out var b0, out var b1, out var b2, out var b3);
        Store(a0, b0, target);
        Store(a1, b1, target + Columns);
        Store(a2, b2, target + 2 * Columns);
        Store(a3, b3, target + 3 * Columns);
    }

    /// <summary>Eight pairs of four columns: in each vector four columns of one pair, and of the pair four behind it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quarter(ushort** columns, int input, out Vector256<ulong> pair0, out Vector256<ulong> pair1, out Vector256<ulong> pair2, out Vector256<ulong> pair3)
    {
        Vector256<uint> first = Load(columns[0], input), second = Load(columns[1], input), third = Load(columns[2], input), fourth = Load(columns[3], input);
        Vector256<ulong> left = Avx2.UnpackLow(first, second).AsUInt64(), right = Avx2.UnpackLow(third, fourth).AsUInt64();
        (pair0, pair1) = (Avx2.UnpackLow(left, right), Avx2.UnpackHigh(left, right));
        left = Avx2.UnpackHigh(first, second).AsUInt64();
        right = Avx2.UnpackHigh(third, fourth).AsUInt64();
        (pair2, pair3) = (Avx2.UnpackLow(left, right), Avx2.UnpackHigh(left, right));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Load(ushort* column, int input) => Vector256.Load((uint*)(column + input));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<ulong> firstColumns, Vector256<ulong> lastColumns, uint* target)
    {
        Avx2.Permute2x128(firstColumns, lastColumns, 0x20).AsUInt32().Store(target);
        Avx2.Permute2x128(firstColumns, lastColumns, 0x31).AsUInt32().Store(target + 4 * Columns);
    }
}
