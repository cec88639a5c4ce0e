using System.Collections.Immutable;

namespace Furiosa.Device.Loading;

/// <summary>One tensor inside a mapped file: little-endian, row-major, not necessarily aligned. Valid while its file is open.</summary>
internal sealed unsafe class TensorView
{
    private readonly SafetensorsFile _owner;
    private readonly long _offset;

    internal TensorView(SafetensorsFile owner, string name, TensorType type, ImmutableArray<long> shape, long offset, long byteLength)
    {
        (_owner, Name, Type, Shape, _offset, ByteLength) = (owner, name, type, shape, offset, byteLength);
    }

    /// <summary>The tensor's name, for example <c>model.layers.0.self_attn.q_proj.weight</c>.</summary>
    public string Name { get; }

    /// <summary>The path of the file that holds it.</summary>
    public string File => _owner.Path;

    /// <summary>The element type.</summary>
    public TensorType Type { get; }

    /// <summary>The dimensions, outermost first; empty for a scalar.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>Bytes of the whole tensor.</summary>
    public long ByteLength { get; }

    /// <summary>Elements of the whole tensor.</summary>
    public long ElementCount => ByteLength / Type.Size();

    /// <summary>Rows: the product of all dimensions but the last; 1 for a vector or scalar.</summary>
    public long RowCount => ColumnCount == 0 ? 0 : ElementCount / ColumnCount;

    /// <summary>Elements of one row: the last dimension; 1 for a scalar.</summary>
    public long ColumnCount => Shape.IsEmpty ? 1 : Shape[^1];

    /// <summary>The first byte. Must not be read after the file is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    public byte* Data => _owner.DataPointer + _offset;

    /// <summary>The whole tensor's bytes.</summary>
    /// <exception cref="InvalidOperationException">The tensor has more bytes than a span can hold; use <see cref="Data"/>.</exception>
    public ReadOnlySpan<byte> Bytes => ByteLength <= int.MaxValue
        ? new ReadOnlySpan<byte>(Data, (int)ByteLength)
        : throw new InvalidOperationException($"Tensor {Name} has {ByteLength:N0} bytes, more than one span holds.");

    /// <summary>Name, type and shape, as errors show them.</summary>
    public override string ToString() => $"{Name} {Type} [{string.Join(", ", Shape)}]";
}
