using System.Runtime.CompilerServices;
using Furiosa.Device.Kernels.Quantized;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Kernels;

/// <summary>Consecutive rows of a weight tensor: outputs of a linear product.</summary>
/// <param name="Tensor">Shape [outputs, inputs].</param>
/// <param name="FirstRow">First output taken.</param>
/// <param name="RowCount">Outputs taken.</param>
internal readonly record struct RowSource(TensorView Tensor, int FirstRow, int RowCount);

/// <summary>Fills the panels of a <see cref="PackedMatrix"/> from row-major tensors.</summary>
internal static unsafe class PanelPacker
{
    /// <summary>Packs one panel.</summary>
    /// <param name="matrix">Takes the panel.</param>
    /// <param name="sources">Rows of all its outputs in order.</param>
    /// <param name="firstInput">Column of the tensors where the matrix's inputs begin.</param>
    /// <param name="panel">Index of the panel.</param>
    public static void Pack(PackedMatrix matrix, ReadOnlySpan<RowSource> sources, int firstInput, int panel)
    {
        int inputs = matrix.ChunkStarts[^1];
        if (inputs == 0) return;
        float[]? values = null;
        for (int column = 0; column < PackedMatrix.PanelColumns; column++)
        {
            int output = panel * PackedMatrix.PanelColumns + column;
            if (output >= matrix.Columns) return;
            var (tensor, row) = Find(sources, output);
            if (tensor.Type == TensorType.BF16 && tensor.Decoder is null && matrix.Format == WeightFormat.Bf16)
            {
                ushort* source = (ushort*)tensor.Data + row * tensor.ColumnCount + firstInput;
                for (int c = 0; c < matrix.ChunkCount; c++) CopyColumn(matrix, panel, column, c, source);
            }
            else
            {
                values ??= new float[inputs];
                tensor.ReadRow(row, firstInput, inputs, values);
                if (matrix.Layout is not null)
                {
                    if (!QuantizedPacker.TryPack(matrix, panel, column, values)) throw QuantizedPacker.NotFinite(tensor, row);
                    continue;
                }

                for (int c = 0; c < matrix.ChunkCount; c++) WriteColumn(matrix, panel, column, c, values);
            }
        }
    }

    /// <summary>Rounds to bfloat16: nearest, ties to even; NaN stays NaN.</summary>
    public static ushort RoundToBf16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value)) return (ushort)((bits >> 16) | 0x40);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    private static (TensorView Tensor, long Row) Find(ReadOnlySpan<RowSource> sources, int output)
    {
        foreach (var source in sources)
        {
            if (output < source.RowCount) return (source.Tensor, source.FirstRow + output);
            output -= source.RowCount;
        }

        throw new ArgumentOutOfRangeException(nameof(output));
    }

    private static void CopyColumn(PackedMatrix matrix, int panel, int column, int chunk, ushort* source)
    {
        int start = matrix.ChunkStarts[chunk], count = matrix.ChunkStarts[chunk + 1] - start;
        uint* word = (uint*)(matrix.Panel(panel) + (long)matrix.ChunkPairs[chunk] * matrix.PairBytes) + column;
        source += start;
        for (int k = 0; k + 1 < count; k += 2, word += PackedMatrix.PanelColumns) *word = Unsafe.ReadUnaligned<uint>(source + k);
        if ((count & 1) != 0) *word = source[count - 1];
    }

    private static void WriteColumn(PackedMatrix matrix, int panel, int column, int chunk, float[] values)
    {
        int start = matrix.ChunkStarts[chunk], count = matrix.ChunkStarts[chunk + 1] - start;
        byte* pairs = matrix.Panel(panel) + (long)matrix.ChunkPairs[chunk] * matrix.PairBytes;
        for (int k = 0; k < count; k++)
        {
            if (matrix.Format == WeightFormat.Bf16)
                ((ushort*)pairs)[(k / 2 * PackedMatrix.PanelColumns + column) * 2 + (k & 1)] = RoundToBf16(values[start + k]);
            else
                ((float*)pairs)[k * PackedMatrix.PanelColumns + column] = values[start + k];
        }
    }
}
