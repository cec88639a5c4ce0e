using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>
/// The rows of the embedding, read from the model's file as they are looked up, and rounded as linear weights are. They are read past the
/// file's mapping: nothing else of a model's files is read once it is packed, so that a file that is cut short ends no process.
/// </summary>
internal sealed class EmbeddingTable(TensorView tensor, WeightDtype dtype) : IPositionTable
{
    private readonly bool _isRounded = dtype == WeightDtype.Bfloat16 && tensor.Type != TensorType.BF16;

    /// <summary>Bytes of the file's tensor.</summary>
    public long ByteLength => tensor.ByteLength;

    public void Read(int token, Span<float> row)
    {
        tensor.ReadRowFromFile(token, row);
        if (!_isRounded) return;
        foreach (ref float value in row) value = PanelPacker.WidenedBf16(value);
    }
}
