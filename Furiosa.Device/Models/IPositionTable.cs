namespace Furiosa.Device.Models;

/// <summary>A vector for each position, added to embeddings.</summary>
internal interface IPositionTable
{
    /// <summary>Bytes that are kept for it.</summary>
    long ByteLength { get; }

    /// <summary>The vector of a position.</summary>
    /// <param name="position">From 0.</param>
    /// <param name="row">Takes it.</param>
    void Read(int position, Span<float> row);
}
