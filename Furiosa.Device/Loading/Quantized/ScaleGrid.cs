namespace Furiosa.Device.Loading.Quantized;

/// <summary>Scales of a matrix: one, one for each row, or one for each block of some rows and columns.</summary>
internal sealed class ScaleGrid
{
    private readonly float[] _scales;
    private readonly long _columns;

    private ScaleGrid(TensorView scales, long columns, long rowsInBlock, long columnsInBlock) =>
        (_scales, _columns, RowsInBlock, ColumnsInBlock) = (scales.ReadAll(), columns, rowsInBlock, columnsInBlock);

    /// <summary>Rows that share a scale.</summary>
    public long RowsInBlock { get; }

    /// <summary>Columns that share a scale.</summary>
    public long ColumnsInBlock { get; }

    /// <summary>Finds out how scales are laid over a matrix.</summary>
    /// <param name="scales">Shape [], [1], [rows], [rows, 1] or [row blocks, column blocks].</param>
    /// <param name="rows">Rows of the matrix.</param>
    /// <param name="columns">Columns of the matrix.</param>
    /// <exception cref="ModelFormatException">The shapes do not fit.</exception>
    public static ScaleGrid Of(TensorView scales, long rows, long columns)
    {
        if (!scales.Type.IsWeight()) throw Fault(scales, $"has dtype {scales.Type}", "scales must be BF16, F16 or F32");
        if (scales.ElementCount == 1) return new ScaleGrid(scales, 1, rows, columns);
        if (scales.ElementCount == rows && (scales.Shape.Length == 1 || scales.ColumnCount == 1)) return new ScaleGrid(scales, 1, 1, columns);
        if (scales.Shape.Length == 2)
        {
            long tall = BlockOf(rows, scales.Shape[0]), wide = BlockOf(columns, scales.Shape[1]);
            if (tall > 0 && wide > 0) return new ScaleGrid(scales, scales.Shape[1], tall, wide);
        }

        throw Fault(scales, $"has shape [{string.Join(", ", scales.Shape)}]", $"a matrix of [{rows}, {columns}] has one scale, one for each row, or one for each block of it");
    }

    /// <summary>The scale of an element.</summary>
    public float At(long row, long column) => _scales[row / RowsInBlock * _columns + column / ColumnsInBlock];

    // Blocks are as large as makes their number come out; of several sizes that do, the one that is a power of two.
    private static long BlockOf(long size, long blocks)
    {
        if (blocks < 1 || blocks > size) return 0;
        var least = (size + blocks - 1) / blocks;
        for (var power = 1L; power <= size * 2; power *= 2)
        {
            if (power >= least && (size + power - 1) / power == blocks) return power;
        }

        return (size + least - 1) / least == blocks ? least : 0;
    }

    private static ModelFormatException Fault(TensorView tensor, string problem, string remedy) => new(tensor.File, $"tensor '{tensor.Name}'", problem, remedy);
}
