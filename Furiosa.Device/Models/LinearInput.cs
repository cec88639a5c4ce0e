using Furiosa.Device.Kernels.Quantized;

namespace Furiosa.Device.Models;

/// <summary>Rows that linear products read: as floats, and quantised beside them where the weights are quantised.</summary>
/// <param name="layout">How the inputs of the products are grouped; null where the weights are not quantised.</param>
/// <param name="quantizedStride">Bytes from one quantised row to the next.</param>
internal sealed unsafe class LinearInput(GroupLayout? layout, int quantizedStride)
{
    private float* _values;
    private nint _stride;
    private byte* _quantized;

    /// <summary>Rows that lie by themselves.</summary>
    /// <param name="layout">How the inputs of the products are grouped; null where the weights are not quantised.</param>
    public LinearInput(GroupLayout? layout)
        : this(layout, layout is null ? 0 : (layout.RowBytes + 127) / 128 * 128 + 64)
    {
    }

    public GroupLayout? Layout => layout;

    /// <summary>Whether columns are quantised by whoever makes them, some panels at a time, so that no phase of its own does it.</summary>
    public bool TakesPanels => layout is { IsEven: true };

    /// <summary>Floats from one row to the next.</summary>
    public nint Stride => _stride;

    /// <summary>Bytes from one quantised row to the next: whole cache lines, and never so that all rows fall into the same sets.</summary>
    public int QuantizedStride => quantizedStride;

    /// <summary>Says where the rows are.</summary>
    /// <param name="values">The first row.</param>
    /// <param name="stride">Floats from one row to the next.</param>
    /// <param name="quantized">The first quantised row; null where the weights are not quantised.</param>
    public void Place(float* values, nint stride, byte* quantized)
    {
        _values = values;
        _stride = stride;
        _quantized = quantized;
    }

    public float* Row(int row) => _values + row * _stride;

    public byte* QuantizedRow(int row) => _quantized + (nint)row * QuantizedStride;
}
