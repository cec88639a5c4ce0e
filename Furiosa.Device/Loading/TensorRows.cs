using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Furiosa.Device.Loading;

/// <summary>Reads rows and rectangles of a weight tensor as float. Every conversion is exact.</summary>
internal static unsafe class TensorRows
{
    /// <summary>Reads one whole row.</summary>
    /// <param name="tensor">A BF16, F16 or F32 tensor, seen as [<see cref="TensorView.RowCount"/>, <see cref="TensorView.ColumnCount"/>].</param>
    /// <param name="row">The row.</param>
    /// <param name="destination">At least <see cref="TensorView.ColumnCount"/> floats.</param>
    public static void ReadRow(this TensorView tensor, long row, Span<float> destination) =>
        tensor.ReadRow(row, 0, checked((int)tensor.ColumnCount), destination);

    /// <summary>Reads part of one row.</summary>
    /// <param name="tensor">A BF16, F16 or F32 tensor.</param>
    /// <param name="row">The row.</param>
    /// <param name="column">The first column.</param>
    /// <param name="columnCount">How many columns.</param>
    /// <param name="destination">At least <paramref name="columnCount"/> floats.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part lies outside the tensor.</exception>
    /// <exception cref="ModelFormatException">The tensor holds no weights (another type).</exception>
    public static void ReadRow(this TensorView tensor, long row, long column, int columnCount, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, tensor.RowCount);
        ArgumentOutOfRangeException.ThrowIfNegative(column);
        ArgumentOutOfRangeException.ThrowIfNegative(columnCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(columnCount, tensor.ColumnCount - column);
        if (tensor.Decoder is { } decoder)
        {
            tensor.WasRead = true;
            decoder.Read(row, column, destination[..columnCount]);
            return;
        }

        var source = tensor.Data + (row * tensor.ColumnCount + column) * tensor.Type.Size();
        var bytes = new ReadOnlySpan<byte>(source, checked(columnCount * tensor.Type.Size()));
        Convert(tensor, bytes, destination[..columnCount]);
    }

    /// <summary>Reads one whole row past the mapping, so that a file that was cut short is an error.</summary>
    /// <param name="tensor">A BF16, F16 or F32 tensor.</param>
    /// <param name="row">The row.</param>
    /// <param name="destination">As many floats as the tensor has columns.</param>
    /// <exception cref="ModelFormatException">The file was cut short.</exception>
    public static void ReadRowFromFile(this TensorView tensor, long row, Span<float> destination)
    {
        if (tensor.Decoder is { } decoder)
        {
            tensor.WasRead = true;
            decoder.ReadFromFile(row, destination);
            return;
        }

        var bytes = ArrayPool<byte>.Shared.Rent(checked((int)tensor.ColumnCount * tensor.Type.Size()));
        var used = bytes.AsSpan(0, (int)tensor.ColumnCount * tensor.Type.Size());
        tensor.CopyBytes(row * used.Length, used);
        Convert(tensor, used, destination);
        ArrayPool<byte>.Shared.Return(bytes);
    }

    /// <summary>Reads a rectangle, packed row after row.</summary>
    /// <param name="tensor">A BF16, F16 or F32 tensor.</param>
    /// <param name="row">The first row.</param>
    /// <param name="rowCount">How many rows.</param>
    /// <param name="column">The first column.</param>
    /// <param name="columnCount">How many columns.</param>
    /// <param name="destination">At least rows times columns floats.</param>
    public static void ReadSlice(this TensorView tensor, long row, int rowCount, long column, int columnCount, Span<float> destination)
    {
        for (var i = 0; i < rowCount; i++)
            tensor.ReadRow(row + i, column, columnCount, destination.Slice(checked(i * columnCount), columnCount));
    }

    /// <summary>Reads the whole tensor, row after row.</summary>
    /// <param name="tensor">A BF16, F16 or F32 tensor of at most 2^31 - 1 elements.</param>
    public static float[] ReadAll(this TensorView tensor)
    {
        var values = new float[checked((int)tensor.ElementCount)];
        for (var row = 0L; row < tensor.RowCount; row++)
            tensor.ReadRow(row, values.AsSpan(checked((int)(row * tensor.ColumnCount))));
        return values;
    }

    /// <summary>Widens elements of a tensor as they are stored.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="bytes">The elements.</param>
    /// <param name="destination">Takes as many floats.</param>
    /// <exception cref="ModelFormatException">The tensor holds no weights (another type).</exception>
    public static void Convert(TensorView tensor, ReadOnlySpan<byte> bytes, Span<float> destination)
    {
        switch (tensor.Type)
        {
            case TensorType.F32:
                bytes.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case TensorType.BF16:
                Widen(MemoryMarshal.Cast<byte, ushort>(bytes), destination);
                break;
            case TensorType.F16:
                var halves = MemoryMarshal.Cast<byte, Half>(bytes);
                for (var i = 0; i < destination.Length; i++) destination[i] = (float)halves[i];
                break;
            default:
                throw new ModelFormatException(tensor.File, $"tensor '{tensor.Name}'", $"has dtype {tensor.Type}", "weights must be BF16, F16 or F32");
        }
    }

    /// <summary>bfloat16 to float: the upper half of the same bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Widen(ReadOnlySpan<ushort> upperHalves, Span<float> destination)
    {
        var i = 0;
        fixed (ushort* source = upperHalves)
        fixed (float* target = destination)
        {
            for (; i <= destination.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
            {
                var (low, high) = Vector256.Widen(Vector256.Load(source + i));
                (low << 16).AsSingle().Store(target + i);
                (high << 16).AsSingle().Store(target + i + Vector256<float>.Count);
            }

            for (; i < destination.Length; i++) target[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
        }
    }
}
