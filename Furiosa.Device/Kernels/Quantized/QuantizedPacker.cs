using System.Runtime.CompilerServices;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>
/// Fills panels of quantised weights. A group's block of 32 columns: 32 scales as half, then for INT8 eight steps of four inputs
/// each, a step two vectors of sixteen columns with the column's four inputs in one 32-bit lane. A 4-bit block has four such
/// steps: the low nibbles are step s, the high ones step s + 4.
/// </summary>
internal static unsafe class QuantizedPacker
{
    private const int GroupSize = GroupLayout.GroupSize;
    private const int ScaleBytes = PackedMatrix.PanelColumns * sizeof(ushort);
    private const int StepBytes = PackedMatrix.PanelColumns * sizeof(uint);

    /// <summary>Bytes of a group's block: a multiple of 64, so that all loads are aligned.</summary>
    public static int BlockBytes(WeightFormat format) => ScaleBytes + (format == WeightFormat.Int8 ? 8 : 4) * StepBytes;

    /// <summary>Packs one column of one panel.</summary>
    /// <param name="matrix">Takes the column.</param>
    /// <param name="panel">Index of the panel.</param>
    /// <param name="column">Column within it.</param>
    /// <param name="weights">All inputs' weights.</param>
    /// <returns>False when a weight is no finite number.</returns>
    public static bool TryPack(PackedMatrix matrix, int panel, int column, ReadOnlySpan<float> weights)
    {
        byte* block = matrix.Panel(panel);
        fixed (float* row = weights)
        {
            for (int chunk = 0; chunk < matrix.ChunkCount; chunk++)
            {
                int start = matrix.ChunkStarts[chunk];
                if (!TryPack(block + (nint)matrix.Layout!.ChunkGroups[chunk] * matrix.BlockBytes, matrix.Format, column, row + start, matrix.ChunkStarts[chunk + 1] - start)) return false;
            }
        }

        return true;
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool TryPack(byte* block, WeightFormat format, int column, float* weights, int count)
    {
        float* padded = stackalloc float[GroupSize];
        byte* values = stackalloc byte[GroupSize];
        uint* steps = (uint*)values;
        int bits = format == WeightFormat.Int8 ? 8 : 4, blockBytes = BlockBytes(format);
        for (; count > 0; count -= GroupSize, weights += GroupSize, block += blockBytes)
        {
            float* group = weights;
            if (count < GroupSize)
            {
                for (int i = 0; i < GroupSize; i++) padded[i] = i < count ? weights[i] : 0;
                group = padded;
            }

            if (!WeightQuantizer.TryQuantize(group, bits, values, out var scale)) return false;
            ((Half*)block)[column] = scale;
            uint* lanes = (uint*)(block + ScaleBytes) + column;
            if (bits == 8)
            {
                for (int step = 0; step < 8; step++) lanes[step * PackedMatrix.PanelColumns] = steps[step];
            }
            else
            {
                for (int step = 0; step < 4; step++) lanes[step * PackedMatrix.PanelColumns] = steps[step] | (steps[step + 4] << 4);
            }
        }

        return true;
    }

    /// <summary>The model cannot be quantised.</summary>
    public static ModelFormatException NotFinite(TensorView tensor, long row) => new(
        tensor.File, $"{tensor.Name} row {row}", "holds an infinity or NaN, which cannot be quantised", "serve it with --quantization none");
}
