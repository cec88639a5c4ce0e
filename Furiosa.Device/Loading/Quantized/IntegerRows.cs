namespace Furiosa.Device.Loading.Quantized;

/// <summary>How a format's words hold the codes of a matrix of [outputs, inputs].</summary>
internal enum WordOrder
{
    /// <summary>Word [output, input / n]: compressed-tensors.</summary>
    Rows,
    /// <summary>Word [input / n, output]: GPTQ.</summary>
    Columns,
    /// <summary>Word [input, output / n], the outputs of a word in the order 0, 2, 4, 6, 1, 3, 5, 7: AWQ.</summary>
    Interleaved,
    /// <summary>Byte [output, input], signed.</summary>
    Bytes,
}

/// <summary>Where the codes, scales and zero points of an integer-quantised matrix are.</summary>
/// <param name="Order">How words hold codes.</param>
/// <param name="Bits">Bits of a code.</param>
/// <param name="Outputs">Rows.</param>
/// <param name="Inputs">Columns.</param>
/// <param name="Codes">The words.</param>
/// <param name="Scales">Scale of [output, group], whatever the format's own order, as float.</param>
/// <param name="Zeros">Zero point of [output, group], in the codes' own (unsigned) numbers.</param>
/// <param name="Groups">Groups of a row.</param>
/// <param name="GroupOf">Group of an input.</param>
internal sealed record IntegerMatrix(
    WordOrder Order, int Bits, long Outputs, long Inputs, TensorView Codes, float[] Scales, byte[]? Zeros, int Groups, InputGroups GroupOf);

/// <summary>Which group each input is in: runs of equal length, or as a list says (act-order).</summary>
/// <param name="size">Length of a run.</param>
/// <param name="list">The groups of all inputs; null for runs.</param>
internal sealed class InputGroups(long size, int[]? list)
{
    /// <summary>Length of a run; 0 where a list rules.</summary>
    public long Size => list is null ? size : 0;

    /// <summary>The group of an input.</summary>
    public int Of(long input) => list is null ? (int)(input / size) : list[input];
}

/// <summary>
/// A matrix of small integers: <c>value = (code - zero) * scale</c>, where the difference is a whole number. Where every group is a run
/// of inputs these are <see cref="GroupedRows"/>; here each input has its own group.
/// </summary>
/// <param name="matrix">Where things are.</param>
internal sealed class ListedIntegerRows(IntegerMatrix matrix) : RowDecoder
{
    /// <inheritdoc/>
    public override void Read(long row, long column, Span<float> destination)
    {
        for (var i = 0; i < destination.Length; i++)
        {
            var place = row * matrix.Groups + matrix.GroupOf.Of(column + i);
            destination[i] = IntegerCodes.Centered(matrix, row, column + i, place) * matrix.Scales[place];
        }
    }
}

/// <summary>
/// Rows whose groups are runs of inputs. Four bits with a zero point stay four bits, with <c>-zero * scale</c> as offset, where scales
/// are so short that every step is exact; else the zero point is taken away first, which leaves a byte.
/// </summary>
internal sealed class IntegerRows : GroupedRows
{
    private static readonly sbyte[] Around8 = [-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7];
    private static readonly sbyte[] FromZero = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    private readonly IntegerMatrix _matrix;

    /// <param name="matrix">Where things are.</param>
    /// <param name="groupSize">Elements that are read at once, a divisor of the groups' size or all inputs.</param>
    public IntegerRows(IntegerMatrix matrix, int groupSize)
        : base(groupSize, matrix.Bits <= 4 && (matrix.Zeros is null || HasShortScales(matrix)), matrix.Bits <= 4 && matrix.Zeros is not null && HasShortScales(matrix)) =>
        _matrix = matrix;

    /// <summary>An offset is a product, which is longer than a half.</summary>
    public override bool HasHalves => !HasOffset;

    /// <inheritdoc/>
    public override ReadOnlySpan<sbyte> Table => !IsNarrow ? [] : HasOffset ? FromZero : Around8;

    /// <inheritdoc/>
    public override void ReadGroup(long row, long group, Span<sbyte> codes, out float scale, out float offset)
    {
        var first = group * GroupSize;
        var place = row * _matrix.Groups + _matrix.GroupOf.Of(first);
        var count = (int)Math.Min(GroupSize, _matrix.Inputs - first);
        var zero = HasOffset ? _matrix.Zeros![place] : 0;
        for (var i = 0; i < count; i++) codes[i] = (sbyte)(IntegerCodes.Centered(_matrix, row, first + i, place) + zero);
        scale = _matrix.Scales[place];
        offset = HasOffset ? -(zero * scale) : 0;
    }

    // Halves and bfloat16 leave the low 13 bits of a float empty: room for a product with four bits and for the sum of two.
    private static bool HasShortScales(IntegerMatrix matrix) =>
        matrix.Scales.All(scale => (BitConverter.SingleToUInt32Bits(scale) & 0x1FFF) == 0 && (scale == 0 || MathF.Abs(scale) > 1e-30f));
}

/// <summary>Single codes.</summary>
internal static unsafe class IntegerCodes
{
    /// <summary>A code less its zero point; without zero points, less half the range.</summary>
    public static int Centered(IntegerMatrix matrix, long output, long input, long place) => matrix.Order == WordOrder.Bytes
        ? ((sbyte*)matrix.Codes.Data)[output * matrix.Inputs + input] - (matrix.Zeros is null ? 0 : (sbyte)matrix.Zeros[place])
        : (int)At(matrix.Codes, matrix.Order, matrix.Bits, output, input) - (matrix.Zeros is null ? 1 << (matrix.Bits - 1) : matrix.Zeros[place]);

    /// <summary>A code as it is stored.</summary>
    public static uint At(TensorView words, WordOrder order, int bits, long output, long input)
    {
        int inWord = 32 / bits;
        long word, slot, width = words.ColumnCount;
        switch (order)
        {
            case WordOrder.Rows:
                (word, slot) = (output * width + input / inWord, input % inWord);
                break;
            case WordOrder.Columns:
                (word, slot) = (input / inWord * width + output, input % inWord);
                break;
            default:
                var within = output % 8;
                (word, slot) = (input * width + output / 8, within % 2 == 0 ? within / 2 : 4 + within / 2);
                break;
        }

        return (System.Runtime.CompilerServices.Unsafe.ReadUnaligned<uint>((uint*)words.Data + word) >> (int)(slot * bits)) & ((1u << bits) - 1);
    }
}
