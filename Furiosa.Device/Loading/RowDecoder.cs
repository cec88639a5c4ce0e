namespace Furiosa.Device.Loading;

/// <summary>
/// Makes rows of a tensor that is not stored as plain numbers: dequantised, reordered or cut out of another tensor. Every value is
/// what the format's definition says, in float arithmetic. Thread-safe.
/// </summary>
internal abstract class RowDecoder
{
    /// <summary>Reads part of one row.</summary>
    /// <param name="row">The row, below the view's <see cref="TensorView.RowCount"/>.</param>
    /// <param name="column">The first column.</param>
    /// <param name="destination">As many columns as wanted, all of them inside the row.</param>
    public abstract void Read(long row, long column, Span<float> destination);

    /// <summary>Reads one whole row past the mapping of the file, where the decoder can.</summary>
    /// <param name="row">The row.</param>
    /// <param name="destination">As many floats as the row has.</param>
    public virtual void ReadFromFile(long row, Span<float> destination) => Read(row, 0, destination);
}
