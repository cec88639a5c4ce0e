using System.Buffers;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Kernels;

/// <summary>
/// The rows of a panel's outputs as their files hold them. Whole rows that lie together are read in one piece, past the mapping: there each page costs a
/// fault, and under a hypervisor often a second one that nobody sees, which takes longer than copying the page.
/// </summary>
internal sealed unsafe class PanelRows : IDisposable
{
    // More is read where it is touched.
    private const long MostBytes = 16 << 20;

    private readonly TensorView?[] _tensors = new TensorView?[PackedMatrix.PanelColumns];
    private readonly long[] _places = new long[PackedMatrix.PanelColumns];
    private readonly nint[] _rows = new nint[PackedMatrix.PanelColumns];
    private byte[]? _bytes;
    private MemoryHandle _pinned;

    /// <param name="outputs">Where each column's output is.</param>
    /// <param name="firstInput">First input that is wanted of them.</param>
    /// <param name="inputs">How many.</param>
    public PanelRows(ReadOnlySpan<(WeightRows Source, int Output)> outputs, int firstInput, int inputs)
    {
        for (int column = 0; column < outputs.Length; column++)
        {
            var (source, output) = outputs[column];
            if (source.ByInput) continue;
            var (tensor, row) = RowSource.Find(source.Tensor, source.RowOf(output));
            long first = source.FirstInput + firstInput;
            // Whoever reads the others row by row refuses what is not there.
            if (!IsPlain(tensor) || row < 0 || row >= tensor.RowCount || first < 0 || inputs > tensor.ColumnCount - first) continue;
            source.Tensor.WasRead = true;
            _tensors[column] = tensor;
            _places[column] = row * tensor.ColumnCount + first;
        }

        try
        {
            Read(inputs);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The tensor that holds a column; null where it is not a row of plain weights, or not there.</summary>
    /// <param name="column">Which.</param>
    public TensorView? Tensor(int column) => _tensors[column];

    /// <summary>A column's first input as stored, valid until this is disposed.</summary>
    /// <param name="column">Which: one that has a tensor.</param>
    public byte* Values(int column) => (byte*)_rows[column];

    /// <inheritdoc/>
    public void Dispose()
    {
        _pinned.Dispose();
        if (_bytes is not null) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = null;
    }

    private static bool IsPlain(TensorView tensor) => tensor.Decoder is null && tensor.Type.IsWeight();

    private void Read(int inputs)
    {
        // Where parts of rows are wanted, the rest of a row would be read for nothing.
        var reads = new List<(TensorView Tensor, long First, int Bytes)>();
        long all = 0;
        foreach (var tensor in _tensors.Distinct())
        {
            if (tensor is null || tensor.ColumnCount != inputs) continue;
            var (first, last, rows) = Stretch(tensor);
            long bytes = (last - first + inputs) * tensor.Type.Size();
            if (last - first + inputs > 2L * rows * inputs || all + bytes > MostBytes) continue;
            reads.Add((tensor, first, (int)bytes));
            all += bytes;
        }

        if (all > 0)
        {
            _bytes = ArrayPool<byte>.Shared.Rent((int)all);
            _pinned = _bytes.AsMemory().Pin();
        }

        int at = 0;
        foreach (var (tensor, first, bytes) in reads)
        {
            tensor.CopyBytes(first * tensor.Type.Size(), _bytes.AsSpan(at, bytes));
            for (int column = 0; column < _rows.Length; column++)
            {
                if (_tensors[column] == tensor) _rows[column] = (nint)_pinned.Pointer + at + (nint)(_places[column] - first) * tensor.Type.Size();
            }

            at += bytes;
        }

        for (int column = 0; column < _rows.Length; column++)
        {
            if (_tensors[column] is { } tensor && _rows[column] == 0) _rows[column] = (nint)tensor.Data + (nint)_places[column] * tensor.Type.Size();
        }
    }

    private (long First, long Last, int Rows) Stretch(TensorView tensor)
    {
        var (first, last, rows) = (long.MaxValue, 0L, 0);
        for (int column = 0; column < _tensors.Length; column++)
        {
            if (_tensors[column] != tensor) continue;
            (first, last, rows) = (Math.Min(first, _places[column]), Math.Max(last, _places[column]), rows + 1);
        }

        return (first, last, rows);
    }
}
