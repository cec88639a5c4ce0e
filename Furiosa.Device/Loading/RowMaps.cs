namespace Furiosa.Device.Loading;

/// <summary>Rows that are rows of other tensors, in another order.</summary>
internal abstract class RedirectedRows : RowDecoder
{
    /// <summary>The tensors whose rows these are.</summary>
    public abstract IReadOnlyList<TensorView> Sources { get; }

    /// <summary>Where a row is found.</summary>
    public abstract (TensorView Tensor, long Row) Find(long row);

    /// <inheritdoc/>
    public sealed override void Read(long row, long column, Span<float> destination)
    {
        var (tensor, found) = Find(row);
        tensor.ReadRow(found, column, destination.Length, destination);
    }
}

/// <summary>Rows of another tensor in another order, or some of them.</summary>
/// <param name="source">The tensor.</param>
/// <param name="rowOf">Which of its rows a row is.</param>
internal sealed class MappedRows(TensorView source, Func<long, long> rowOf) : RedirectedRows
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorView> Sources => [source];

    /// <inheritdoc/>
    public override (TensorView Tensor, long Row) Find(long row) => (source, rowOf(row));
}

/// <summary>Rows of tensors of the same shape that take turns.</summary>
/// <param name="sources">The tensors.</param>
internal sealed class AlternatingRows(params TensorView[] sources) : RedirectedRows
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorView> Sources => sources;

    /// <inheritdoc/>
    public override (TensorView Tensor, long Row) Find(long row) => (sources[row % sources.Length], row / sources.Length);
}

/// <summary>Rows of two tensors of the same shape, a block of the first before a block of the second.</summary>
/// <param name="first">The one tensor.</param>
/// <param name="second">The other.</param>
/// <param name="blockRows">Rows of a block.</param>
internal sealed class PairedBlocks(TensorView first, TensorView second, long blockRows) : RedirectedRows
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorView> Sources => [first, second];

    /// <inheritdoc/>
    public override (TensorView Tensor, long Row) Find(long row)
    {
        var (pair, inPair) = Math.DivRem(row, 2 * blockRows);
        return inPair < blockRows ? (first, (pair * blockRows) + inPair) : (second, (pair * blockRows) + inPair - blockRows);
    }
}

/// <summary>A tensor's values less one: norms that are stored with the one added that their family adds itself.</summary>
/// <param name="source">The tensor.</param>
internal sealed class LessOneRows(TensorView source) : RowDecoder
{
    /// <inheritdoc/>
    public override void Read(long row, long column, Span<float> destination)
    {
        source.ReadRow(row, column, destination.Length, destination);
        foreach (ref var value in destination) value -= 1;
    }
}

/// <summary>A stack of matrices, each turned over its diagonal. Slow by element: for the few formats that store a product's inputs as rows.</summary>
/// <param name="source">Shape [.., columns, rows].</param>
internal sealed class TransposedRows(TensorView source) : RowDecoder
{
    private readonly long _inner = source.Shape[^2];

    /// <summary>The tensor as it is stored.</summary>
    public TensorView Source => source;

    /// <inheritdoc/>
    public override void Read(long row, long column, Span<float> destination)
    {
        var (matrix, sourceColumn) = Math.DivRem(row, source.ColumnCount);
        var first = matrix * _inner + column;
        for (var i = 0; i < destination.Length; i++) source.ReadRow(first + i, sourceColumn, 1, destination.Slice(i, 1));
    }
}

/// <summary>Values that were worked out when the model was opened.</summary>
/// <param name="values">All rows' elements.</param>
/// <param name="columns">Elements of a row.</param>
internal sealed class FixedRows(float[] values, long columns) : RowDecoder
{
    /// <inheritdoc/>
    public override void Read(long row, long column, Span<float> destination) => values.AsSpan(checked((int)(row * columns + column)), destination.Length).CopyTo(destination);
}

/// <summary>The same elements in every row, blocks of columns in another order.</summary>
/// <param name="source">The tensor.</param>
/// <param name="width">Columns of a block.</param>
/// <param name="blockOf">Which of the tensor's blocks a block is.</param>
internal sealed class MappedColumns(TensorView source, int width, Func<long, long> blockOf) : RowDecoder
{
    /// <summary>The tensor in another order of blocks: its codes where none of their groups is cut, else its values.</summary>
    /// <param name="source">A matrix.</param>
    /// <param name="width">Columns of a block.</param>
    /// <param name="blockOf">Which of the tensor's blocks a block is.</param>
    public static TensorView Of(TensorView source, int width, Func<long, long> blockOf) => new(
        source.File, source.Name, source.Type, source.Shape, source.ByteLength,
        source.Decoder is GroupedRows groups && width % groups.GroupSize == 0 ? new MappedGroups(groups, width / groups.GroupSize, blockOf) : new MappedColumns(source, width, blockOf));

    /// <inheritdoc/>
    public override void Read(long row, long column, Span<float> destination)
    {
        while (!destination.IsEmpty)
        {
            var (block, inBlock) = Math.DivRem(column, width);
            var count = (int)Math.Min(width - inBlock, destination.Length);
            source.ReadRow(row, blockOf(block) * width + inBlock, count, destination[..count]);
            destination = destination[count..];
            column += count;
        }
    }
}

/// <summary>Codes of other rows, blocks of groups in another order.</summary>
/// <param name="source">The rows.</param>
/// <param name="width">Groups of a block.</param>
/// <param name="blockOf">Which of the source's blocks a block is.</param>
internal sealed class MappedGroups(GroupedRows source, int width, Func<long, long> blockOf) : GroupedRows(source.GroupSize, source.IsNarrow, source.HasOffset)
{
    private const int SharedByFactors = 256;

    /// <inheritdoc/>
    public override bool HasFactors => source.HasFactors && width * GroupSize % SharedByFactors == 0;

    /// <inheritdoc/>
    public override bool HasHalves => source.HasHalves && source.HasFactors == HasFactors;

    /// <inheritdoc/>
    public override ReadOnlySpan<sbyte> Table => source.Table;

    /// <inheritdoc/>
    public override void ReadGroup(long row, long group, Span<sbyte> codes, out float scale, out float offset) => source.ReadGroup(row, Find(group), codes, out scale, out offset);

    /// <inheritdoc/>
    public override void ReadFactors(long row, long group, out (float Unit, sbyte Factor) scale, out (float Unit, sbyte Factor) offset) => source.ReadFactors(row, Find(group), out scale, out offset);

    private long Find(long group) => blockOf(group / width) * width + group % width;
}

/// <summary>Where the rows of a tensor lie, behind whatever only puts rows in another order.</summary>
internal static class RowSource
{
    /// <summary>The tensors that hold the rows.</summary>
    public static IEnumerable<TensorView> TensorsOf(TensorView tensor) =>
        tensor.Decoder is RedirectedRows redirected ? redirected.Sources.SelectMany(TensorsOf) : [tensor];

    /// <summary>The tensor that holds a row, and the row in it.</summary>
    public static (TensorView Tensor, long Row) Find(TensorView tensor, long row)
    {
        while (tensor.Decoder is RedirectedRows redirected) (tensor, row) = redirected.Find(row);
        return (tensor, row);
    }
}
