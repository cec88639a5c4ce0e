using System.Buffers;
using Furiosa.Device.Kernels.Coded;
using Furiosa.Device.Kernels.Compressed;
using Furiosa.Device.Kernels.Quantized;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Kernels;

/// <summary>Fills the panels of a <see cref="PackedMatrix"/> from tensors.</summary>
internal static unsafe class PanelPacker
{
    /// <summary>Packs one panel; false where its weights cannot be kept in the matrix's form, but in a larger one.</summary>
    /// <param name="matrix">Takes the panel.</param>
    /// <param name="sources">All its outputs in order.</param>
    /// <param name="firstInput">Input of the sources where the matrix's inputs begin.</param>
    /// <param name="panel">Index of the panel.</param>
    /// <exception cref="ModelFormatException">A tensor has not what is called for.</exception>
    public static bool TryPack(PackedMatrix matrix, ReadOnlySpan<WeightRows> sources, int firstInput, int panel)
    {
        foreach (var source in sources) source.EnsureWithin(firstInput, matrix.ChunkStarts[^1]);
        if (matrix.Compression is null) return TryPack(matrix, sources, firstInput, panel, matrix.Panel(panel));

        long weights = (long)matrix.ChunkPairs[^1] * 2 * PackedMatrix.PanelColumns;
        var plain = ArrayPool<ushort>.Shared.Rent(checked((int)weights));
        Array.Clear(plain, 0, (int)weights);
        try
        {
            fixed (ushort* pairs = plain)
            {
                TryPack(matrix, sources, firstInput, panel, (byte*)pairs);
                for (int c = 0; c < matrix.ChunkCount; c++)
                {
                    int inputs = matrix.ChunkStarts[c + 1] - matrix.ChunkStarts[c];
                    if (!BlockCompressor.TryCompress(pairs + (nint)matrix.ChunkPairs[c] * 2 * PackedMatrix.PanelColumns, inputs, matrix.Panel(panel) + matrix.Compression.ChunkOffsets[c])) return false;
                }
            }

            return true;
        }
        finally
        {
            ArrayPool<ushort>.Shared.Return(plain);
        }
    }

    private static bool TryPack(PackedMatrix matrix, ReadOnlySpan<WeightRows> sources, int firstInput, int panel, byte* target)
    {
        int inputs = matrix.ChunkStarts[^1], columns = Math.Min(PackedMatrix.PanelColumns, matrix.Columns - panel * PackedMatrix.PanelColumns);
        if (inputs == 0) return true;
        var outputs = new (WeightRows Source, int Output)[columns];
        for (int column = 0; column < columns; column++) outputs[column] = Find(sources, panel * PackedMatrix.PanelColumns + column);
        if (matrix.Codes is not null) return TryPackCodes(matrix, outputs, firstInput, panel);

        using var rows = new PanelRows(outputs, firstInput, inputs);
        float[]? values = null;
        ColumnBlock? block = null;
        ushort** copied = stackalloc ushort*[PackedMatrix.PanelColumns];
        new Span<nint>(copied, PackedMatrix.PanelColumns).Clear();
        for (int column = 0; column < columns; column++)
        {
            var (source, output) = outputs[column];
            var stored = rows.Tensor(column);
            if (IsBf16(matrix) && stored?.Type == TensorType.BF16)
            {
                copied[column] = (ushort*)rows.Values(column);
                continue;
            }

            if (matrix.Format == WeightFormat.F16 && stored?.Type == TensorType.F16)
            {
                for (int c = 0; c < matrix.ChunkCount; c++)
                {
                    if (!TryRebiasColumn(matrix, target, column, c, (ushort*)rows.Values(column))) return false;
                }

                continue;
            }

            values ??= new float[inputs];
            long row = source.RowOf(output), from = source.FirstInput + firstInput;
            if (stored is not null)
            {
                TensorRows.Convert(stored, new ReadOnlySpan<byte>(rows.Values(column), checked(inputs * stored.Type.Size())), values);
            }
            else if (!source.ByInput)
            {
                source.Tensor.ReadRow(row, from, inputs, values);
            }
            else
            {
                if (block is null || !block.Holds(source, output)) block = new ColumnBlock(source, output, from, inputs, PackedMatrix.PanelColumns - column);
                block.Read(output, values);
            }

            if (matrix.Layout is { OfPairs: false })
            {
                if (!QuantizedPacker.TryPack(matrix, panel, column, values)) throw QuantizedPacker.NotFinite(source.Tensor, row);
                continue;
            }

            for (int c = 0; c < matrix.ChunkCount; c++)
            {
                if (!TryWriteColumn(matrix, target, column, c, values)) return false;
            }
        }

        for (int c = 0; IsBf16(matrix) && c < matrix.ChunkCount; c++)
        {
            int start = matrix.ChunkStarts[c];
            ColumnCopy.Copy(copied, start, matrix.ChunkStarts[c + 1] - start, (uint*)(target + (long)matrix.ChunkPairs[c] * matrix.PairBytes));
        }

        return true;
    }

    private static bool TryPackCodes(PackedMatrix matrix, (WeightRows Source, int Output)[] outputs, int firstInput, int panel)
    {
        for (int column = 0; column < outputs.Length; column++)
        {
            var (source, output) = outputs[column];
            if (!CodePacker.TryPack(matrix, panel, column, source.Tensor, source.RowOf(output), firstInput)) return false;
        }

        return true;
    }

    /// <summary>Rounds to bfloat16: nearest, ties to even; NaN stays NaN.</summary>
    public static ushort RoundToBf16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value)) return (ushort)((bits >> 16) | 0x40);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>Rounds to bfloat16 and widens again.</summary>
    public static float WidenedBf16(float value) => BitConverter.UInt32BitsToSingle((uint)RoundToBf16(value) << 16);

    private static bool IsBf16(PackedMatrix matrix) => matrix.Format is WeightFormat.Bf16 or WeightFormat.Bf16Rounded;

    private static (WeightRows Source, int Output) Find(ReadOnlySpan<WeightRows> sources, int output)
    {
        foreach (var source in sources)
        {
            if (output < source.Count) return (source, output);
            output -= source.Count;
        }

        throw new ArgumentOutOfRangeException(nameof(output));
    }

    private static bool TryRebiasColumn(PackedMatrix matrix, byte* target, int column, int chunk, ushort* source)
    {
        int start = matrix.ChunkStarts[chunk], count = matrix.ChunkStarts[chunk + 1] - start;
        ushort* pair = (ushort*)(target + (long)matrix.ChunkPairs[chunk] * matrix.PairBytes) + 2 * column;
        source += start;
        for (int k = 0; k < count; k++)
        {
            if (!RebiasedHalf.TryPack(source[k], out pair[k / 2 * PackedMatrix.PanelColumns * 2 + (k & 1)])) return false;
        }

        return true;
    }

    private static bool TryWriteColumn(PackedMatrix matrix, byte* target, int column, int chunk, float[] values)
    {
        int start = matrix.ChunkStarts[chunk], count = matrix.ChunkStarts[chunk + 1] - start;
        byte* pairs = target + (long)matrix.ChunkPairs[chunk] * matrix.PairBytes;
        for (int k = 0; k < count; k++)
        {
            ref ushort half = ref ((ushort*)pairs)[(k / 2 * PackedMatrix.PanelColumns + column) * 2 + (k & 1)];
            if (IsBf16(matrix)) half = RoundToBf16(values[start + k]);
            else if (matrix.Format == WeightFormat.F32) ((float*)pairs)[k * PackedMatrix.PanelColumns + column] = values[start + k];
            else if (!RebiasedHalf.TryPack(values[start + k], out half)) return false;
        }

        return true;
    }

    /// <summary>Some neighbouring columns of a tensor, read row by row once for the outputs of a panel.</summary>
    private sealed class ColumnBlock
    {
        private readonly WeightRows _source;
        private readonly int _first;
        private readonly int _end;
        private readonly int _width;
        private readonly float[] _values;

        public ColumnBlock(WeightRows source, int first, long firstRow, int rows, int mostOutputs)
        {
            (_source, _first, _end) = (source, first, Math.Min(source.Count, first + mostOutputs));
            _width = (_end - first - 1) * source.Step + 1;
            _values = new float[rows * _width];
            for (int row = 0; row < rows; row++)
                source.Tensor.ReadRow(firstRow + row, source.First + (long)first * source.Step, _width, _values.AsSpan(row * _width, _width));
        }

        public bool Holds(WeightRows source, int output) => source == _source && output >= _first && output < _end;

        public void Read(int output, float[] values)
        {
            int column = (output - _first) * _source.Step;
            for (int row = 0; row < values.Length; row++) values[row] = _values[row * _width + column];
        }
    }
}
