using Furiosa.Device.Loading;
using Furiosa.Device.Loading.Quantized;

namespace Furiosa.Device.Kernels.Coded;

/// <summary>How scales and offsets of codes are kept.</summary>
internal enum CodeScales
{
    /// <summary>A float for each group.</summary>
    Floats,

    /// <summary>A half for each group, see <see cref="RebiasedHalf"/>: most formats store no more.</summary>
    Halves,

    /// <summary>A float for each block of groups and a byte for each group, whose product is the scale: as the k-quants of GGUF store them.</summary>
    Products,
}

/// <summary>
/// How panels keep the codes of a quantised file as they are. A group of inputs has the scales of 32 columns, their offsets where there are any,
/// then the codes, which take a byte or a nibble each: bytes input after input, nibbles in 32-bit words of eight inputs of one column, the first input lowest.
/// Where scales are products, a block of some groups begins with the floats; else it is one group. Blocks begin anew
/// at each chunk. A product widens codes to the very floats that the file stands for, so that its bits are those of a float panel.
/// </summary>
internal sealed class CodeLayout
{
    /// <summary>Inputs whose nibbles are in one word.</summary>
    public const int WordInputs = 8;

    private const int Columns = PackedMatrix.PanelColumns;
    private const int MostBlockInputs = 256; // as many as a k-quant's own block has

    private readonly byte[] _places = new byte[256];

    /// <param name="groupSize">Inputs of a group: 16 or 32.</param>
    /// <param name="table">The sixteen codes that nibbles stand for; empty where codes are bytes.</param>
    /// <param name="hasOffset">Whether an offset is added.</param>
    /// <param name="isFloat">Whether codes are 8-bit floats.</param>
    /// <param name="scales">How scales and offsets are kept.</param>
    /// <param name="blockInputs">Inputs that share the floats of <see cref="CodeScales.Products"/>: whole groups. Does not count for others.</param>
    public CodeLayout(int groupSize, ReadOnlySpan<sbyte> table, bool hasOffset, bool isFloat, CodeScales scales = CodeScales.Floats, int blockInputs = 0)
    {
        (GroupSize, Table, HasOffset, IsFloat, Scales) = (groupSize, table.ToArray(), hasOffset, isFloat, scales);
        for (var place = Table.Length - 1; place >= 0; place--) _places[(byte)Table[place]] = (byte)place;
        var kinds = hasOffset ? 2 : 1;
        BlockInputs = scales == CodeScales.Products ? blockInputs : groupSize;
        FirstGroup = scales == CodeScales.Products ? kinds * Columns * sizeof(float) : 0;
        CodesOffset = kinds * Columns * scales switch { CodeScales.Floats => sizeof(float), CodeScales.Halves => sizeof(ushort), _ => sizeof(byte) };
        GroupBytes = CodesOffset + groupSize * (IsNarrow ? Columns / 2 : Columns);
        BlockBytes = FirstGroup + GroupsInBlock * GroupBytes;
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

    /// <summary>How scales and offsets are kept.</summary>
    public CodeScales Scales { get; }

    /// <summary>Inputs of a block.</summary>
    public int BlockInputs { get; }

    /// <summary>Groups of a block.</summary>
    public int GroupsInBlock => BlockInputs / GroupSize;

    /// <summary>Where a block's groups begin.</summary>
    public int FirstGroup { get; }

    /// <summary>Where a group's codes begin.</summary>
    public int CodesOffset { get; }

    /// <summary>Bytes of a group.</summary>
    public int GroupBytes { get; }

    /// <summary>Bytes of a block.</summary>
    public int BlockBytes { get; }

    /// <summary>A group of a chunk.</summary>
    /// <param name="block">The chunk's first block, which becomes the group's.</param>
    /// <param name="index">Which group.</param>
    public unsafe byte* Group(ref byte* block, int index)
    {
        block += (nint)(index / GroupsInBlock) * BlockBytes;
        return block + FirstGroup + (nint)(index % GroupsInBlock) * GroupBytes;
    }

    /// <summary>The same with a float for each scale and offset, for a file whose own do not fit.</summary>
    public CodeLayout WithFloats() => new(GroupSize, Table, HasOffset, IsFloat);

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
            foreach (var tensor in RowSource.TensorsOf(source.Tensor))
            {
                if (OfOne(tensor) is not { } own || (layout is not null && layout.IsFloat != own.IsFloat)) return null;
                layout = layout is null ? own : Joined(layout, own);
            }
        }

        if (layout is null) return null;
        var even = MostBlockInputs;
        for (var chunk = 0; chunk + 1 < chunkStarts.Length; chunk++)
        {
            if (chunkStarts[chunk] == chunkStarts[chunk + 1]) continue;
            while (even > 1 && (firstInput + chunkStarts[chunk]) % even != 0) even /= 2;
        }

        if (even < layout.GroupSize) return null;
        return layout.Scales == CodeScales.Products ? new CodeLayout(layout.GroupSize, layout.Table, layout.HasOffset, layout.IsFloat, CodeScales.Products, even) : layout;
    }

    /// <summary>The nibble of a code.</summary>
    public byte PlaceOf(sbyte code) => _places[(byte)code];

    private static CodeLayout? OfOne(TensorView tensor) => tensor.Decoder switch
    {
        GroupedRows { GroupSize: 16 or 32 } rows => new CodeLayout(
            rows.GroupSize, rows.IsNarrow ? rows.Table : [], rows.HasOffset, isFloat: false,
            rows.HasFactors ? CodeScales.Products : rows.HasHalves ? CodeScales.Halves : CodeScales.Floats, MostBlockInputs),
        Fp8Rows rows when rows.Scales.ColumnsInBlock % 32 == 0 || rows.Scales.ColumnsInBlock >= tensor.ColumnCount => new CodeLayout(32, [], hasOffset: false, isFloat: true),
        _ => null,
    };

    private static CodeLayout Joined(CodeLayout one, CodeLayout other) => new(
        Math.Min(one.GroupSize, other.GroupSize), one.Table.AsSpan().SequenceEqual(other.Table) ? one.Table : [], one.HasOffset || other.HasOffset, one.IsFloat,
        one.Scales == other.Scales ? one.Scales : CodeScales.Floats, MostBlockInputs);
}
