using Furiosa.Device.Loading;
using Furiosa.Device.Loading.Quantized;

namespace Furiosa.Device.Kernels.Coded;

/// <summary>Fills panels with the codes of a quantised file.</summary>
internal static unsafe class CodePacker
{
    private const byte SizeBits = 0x7F;
    private const int Columns = PackedMatrix.PanelColumns;

    /// <summary>Packs one column of one panel; false where a scale or an offset has no place in the layout.</summary>
    /// <param name="matrix">Takes the column.</param>
    /// <param name="panel">Index of the panel.</param>
    /// <param name="column">Column within it.</param>
    /// <param name="tensor">The file's matrix.</param>
    /// <param name="row">Its row.</param>
    /// <param name="firstInput">Its column where the matrix's inputs begin.</param>
    public static bool TryPack(PackedMatrix matrix, int panel, int column, TensorView tensor, long row, int firstInput)
    {
        var layout = matrix.Codes!;
        (tensor, row) = RowSource.Find(tensor, row);
        for (var chunk = 0; chunk < matrix.ChunkCount; chunk++)
        {
            byte* blocks = matrix.Panel(panel) + (nint)matrix.ChunkBlocks[chunk] * layout.BlockBytes;
            int start = matrix.ChunkStarts[chunk], end = matrix.ChunkStarts[chunk + 1];
            for (var k = start; k < end; k += layout.GroupSize)
            {
                byte* block = blocks, group = layout.Group(ref block, (k - start) / layout.GroupSize);
                var count = Math.Min(layout.GroupSize, end - k);
                if (tensor.Decoder is Fp8Rows floats) PackFloats(layout, group, column, floats, tensor, row, firstInput + k, count);
                else if (!TryPackCodes(layout, block, group, column, (GroupedRows)tensor.Decoder!, row, firstInput + k, count)) return false;
            }
        }

        return true;
    }

    private static bool TryPackCodes(CodeLayout layout, byte* block, byte* group, int column, GroupedRows rows, long row, int input, int count)
    {
        sbyte* codes = stackalloc sbyte[GroupedRows.LargestGroup];
        rows.ReadGroup(row, input / rows.GroupSize, new Span<sbyte>(codes, rows.GroupSize), out var scale, out var offset);
        codes += input % rows.GroupSize;
        if (layout.Scales == CodeScales.Products)
        {
            rows.ReadFactors(row, input / rows.GroupSize, out var scales, out var offsets);
            (((float*)block)[column], ((sbyte*)group)[column]) = scales;
            if (layout.HasOffset) (((float*)block)[Columns + column], ((sbyte*)group)[Columns + column]) = offsets;
        }
        else if (layout.Scales == CodeScales.Halves)
        {
            ushort* halves = (ushort*)group + column;
            if (!RebiasedHalf.TryPack(scale, out *halves) || (layout.HasOffset && !RebiasedHalf.TryPack(offset, out halves[Columns]))) return false;
        }
        else
        {
            ((float*)group)[column] = scale;
            if (layout.HasOffset) ((float*)group)[Columns + column] = offset;
        }

        byte* target = group + layout.CodesOffset;
        if (layout.IsNarrow) PackWords(layout, codes, count, (uint*)target + column);
        for (var i = 0; i < count && !layout.IsNarrow; i++) target[i * Columns + column] = (byte)codes[i];
        return true;
    }

    private static void PackWords(CodeLayout layout, sbyte* codes, int count, uint* target)
    {
        for (; count > 0; count -= CodeLayout.WordInputs, codes += CodeLayout.WordInputs, target += Columns)
        {
            var word = 0u;
            for (var i = Math.Min(count, CodeLayout.WordInputs) - 1; i >= 0; i--) word = (word << 4) | layout.PlaceOf(codes[i]);
            *target = word;
        }
    }

    private static void PackFloats(CodeLayout layout, byte* group, int column, Fp8Rows rows, TensorView tensor, long row, int input, int count)
    {
        byte* source = rows.Codes.Data + row * rows.Codes.ColumnCount + input, target = group + layout.CodesOffset + column;
        ((float*)group)[column] = rows.Scales.At(row, input);
        for (var i = 0; i < count; i++, target += Columns)
        {
            if ((source[i] & SizeBits) == SizeBits) throw new ModelFormatException(tensor.File, $"tensor '{tensor.Name}'", $"holds NaN in row {row}", "the file is damaged: fetch it again");
            *target = source[i];
        }
    }
}
