using Furiosa.Device.Loading;
using Furiosa.Device.Loading.Quantized;

namespace Furiosa.Device.Kernels.Coded;

/// <summary>
/// How panels keep the codes of a quantised file as they are: for each group of inputs a block of 32 scales, 32 offsets where there are
/// any, then input after input the codes of 32 columns, in a byte or a nibble (columns 0 to 15 low, 16 to 31 high) each. Groups begin anew
/// at each chunk. A product widens codes to the very floats that the file stands for, so that its bits are those of a float panel.
/// </summary>
internal sealed class CodeLayout
{
    private readonly byte[] _places = new byte[256];

    /// <param name="groupSize">Inputs of a group: 16 or 32.</param>
    /// <param name="table">The sixteen codes that nibbles stand for; empty where codes are bytes.</param>
    /// <param name="hasOffset">Whether an offset is added.</param>
    /// <param name="isFloat">Whether codes are 8-bit floats.</param>
    public CodeLayout(int groupSize, ReadOnlySpan<sbyte> table, bool hasOffset, bool isFloat)
    {
        (GroupSize, Table, HasOffset, IsFloat) = (groupSize, table.ToArray(), hasOffset, isFloat);
        for (var place = Table.Length - 1; place >= 0; place--) _places[(byte)Table[place]] = (byte)place;
        CodesOffset = (hasOffset ? 2 : 1) * PackedMatrix.PanelColumns * sizeof(float);
        InputBytes = IsNarrow ? PackedMatrix.PanelColumns / 2 : PackedMatrix.PanelColumns;
        BlockBytes = CodesOffset + groupSize * InputBytes;
    }

    /// <summary>Inputs of a group: 16 or 32.</summary>
    public int GroupSize { get; }

    /// <summary>The sixteen codes that nibbles stand for; empty where codes are bytes.</summary>
    public sbyte[] Table { get; }

    /// <summary>Whether codes are nibbles.</summary>
    public bool IsNarrow => Table.Length > 0;

    /// <summary>Whether an offset is added.</summary>
    public bool HasOffset { get; }

    /// <summary>Whether codes are 8-bit floats rather than whole numbers.</summary>
    public bool IsFloat { get; }

    /// <summary>Where a block's codes begin.</summary>
    public int CodesOffset { get; }

    /// <summary>Bytes of one input's codes.</summary>
    public int InputBytes { get; }

    /// <summary>Bytes of a block.</summary>
    public int BlockBytes { get; }

    /// <summary>The layout that holds some matrices side by side exactly, or null where floats must: plain numbers, or groups that a border of a chunk cuts.</summary>
    /// <param name="sources">The matrices, which share their inputs.</param>
    /// <param name="firstInput">Their first input that counts.</param>
    /// <param name="chunkStarts">Where chunks begin after it, and their end.</param>
    public static CodeLayout? Of(ReadOnlySpan<WeightRows> sources, int firstInput, int[] chunkStarts)
    {
        var layout = default(CodeLayout);
        foreach (var source in sources)
        {
            if (source.ByInput || source.FirstInput != 0) return null;
            foreach (var tensor in CodeSource.TensorsOf(source.Tensor))
            {
                if (OfOne(tensor) is not { } own || (layout is not null && layout.IsFloat != own.IsFloat)) return null;
                layout = layout is null ? own : Joined(layout, own);
            }
        }

        if (layout is null) return null;
        for (var chunk = 0; chunk + 1 < chunkStarts.Length; chunk++)
        {
            if ((firstInput + chunkStarts[chunk]) % layout.GroupSize != 0 && chunkStarts[chunk] != chunkStarts[chunk + 1]) return null;
        }

        return layout;
    }

    /// <summary>The nibble of a code.</summary>
    public byte PlaceOf(sbyte code) => _places[(byte)code];

    private static CodeLayout? OfOne(TensorView tensor) => tensor.Decoder switch
    {
        GroupedRows { GroupSize: 16 or 32 } rows => new CodeLayout(rows.GroupSize, rows.IsNarrow ? rows.Table : [], rows.HasOffset, isFloat: false),
        Fp8Rows rows when rows.Scales.ColumnsInBlock % 32 == 0 || rows.Scales.ColumnsInBlock >= tensor.ColumnCount => new CodeLayout(32, [], hasOffset: false, isFloat: true),
        _ => null,
    };

    private static CodeLayout Joined(CodeLayout one, CodeLayout other) => new(
        Math.Min(one.GroupSize, other.GroupSize), one.Table.AsSpan().SequenceEqual(other.Table) ? one.Table : [], one.HasOffset || other.HasOffset, one.IsFloat);
}

/// <summary>Where the rows of a tensor lie, behind whatever only puts rows in another order.</summary>
internal static class CodeSource
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
