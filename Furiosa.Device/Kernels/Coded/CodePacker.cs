using Furiosa.Device.Loading;
using Furiosa.Device.Loading.Quantized;

namespace Furiosa.Device.Kernels.Coded;

/// <summary>Fills panels with the codes of a quantised file.</summary>
internal static unsafe class CodePacker
{
    private const byte SizeBits = 0x7F;

    /// <summary>Packs one column of one panel.</summary>
    /// <param name="matrix">Takes the column.</param>
    /// <param name="panel">Index of the panel.</param>
    /// <param name="column">Column within it.</param>
    /// <param name="tensor">The file's matrix.</param>
    /// <param name="row">Its row.</param>
    /// <param name="firstInput">Its column where the matrix's inputs begin.</param>
    public static void Pack(PackedMatrix matrix, int panel, int column, TensorView tensor, long row, int firstInput)
    {
        var layout = matrix.Codes!;
        (tensor, row) = CodeSource.Find(tensor, row);
        var decoder = tensor.Decoder;
        byte* block = matrix.Panel(panel);
        for (var chunk = 0; chunk < matrix.ChunkCount; chunk++)
        {
            int end = matrix.ChunkStarts[chunk + 1];
            for (var k = matrix.ChunkStarts[chunk]; k < end; k += layout.GroupSize, block += layout.BlockBytes)
            {
                var count = Math.Min(layout.GroupSize, end - k);
                if (decoder is Fp8Rows floats) PackFloats(layout, block, column, floats, tensor, row, firstInput + k, count);
                else PackCodes(layout, block, column, (GroupedRows)decoder!, row, firstInput + k, count);
            }
        }
    }

    private static void PackCodes(CodeLayout layout, byte* block, int column, GroupedRows rows, long row, int input, int count)
    {
        sbyte* codes = stackalloc sbyte[GroupedRows.LargestGroup];
        rows.ReadGroup(row, input / rows.GroupSize, new Span<sbyte>(codes, rows.GroupSize), out var scale, out var offset);
        codes += input % rows.GroupSize;
        ((float*)block)[column] = scale;
        if (layout.HasOffset) ((float*)block)[PackedMatrix.PanelColumns + column] = offset;
        byte* target = block + layout.CodesOffset;
        for (var i = 0; i < count; i++, target += layout.InputBytes)
        {
            if (!layout.IsNarrow) target[column] = (byte)codes[i];
            else target[column % 16] |= (byte)(layout.PlaceOf(codes[i]) << (column / 16 * 4));
        }
    }

    private static void PackFloats(CodeLayout layout, byte* block, int column, Fp8Rows rows, TensorView tensor, long row, int input, int count)
    {
        byte* source = rows.Codes.Data + row * rows.Codes.ColumnCount + input, target = block + layout.CodesOffset + column;
        ((float*)block)[column] = rows.Scales.At(row, input);
        for (var i = 0; i < count; i++, target += layout.InputBytes)
        {
            if ((source[i] & SizeBits) == SizeBits) throw new ModelFormatException(tensor.File, $"tensor '{tensor.Name}'", $"holds NaN in row {row}", "the file is damaged: fetch it again");
            *target = source[i];
        }
    }
}
