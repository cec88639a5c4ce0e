using System.Collections.Immutable;

namespace Furiosa.Device.Loading;

/// <summary>
/// One tensor of a model: plain numbers inside a mapped file (little-endian, row-major, not necessarily aligned), or rows that a
/// <see cref="RowDecoder"/> makes from what the files hold. Valid while its file is open. <see cref="TensorRows"/> reads both kinds.
/// </summary>
internal sealed unsafe class TensorView
{
    private readonly MappedFile? _owner;
    private readonly long _offset;

    internal TensorView(MappedFile owner, string name, TensorType type, ImmutableArray<long> shape, long offset, long byteLength)
    {
        (_owner, File, Name, Type, Shape, _offset, ByteLength) = (owner, owner.Path, name, type, shape, offset, byteLength);
        ElementCount = byteLength / type.Size();
    }

    /// <summary>A tensor whose rows are made.</summary>
    /// <param name="file">The path of the file that errors name.</param>
    /// <param name="name">The tensor's name.</param>
    /// <param name="type">A type that holds every value exactly.</param>
    /// <param name="shape">The dimensions of what the decoder makes.</param>
    /// <param name="byteLength">Bytes of what is stored.</param>
    /// <param name="decoder">Makes the rows.</param>
    internal TensorView(string file, string name, TensorType type, ImmutableArray<long> shape, long byteLength, RowDecoder decoder)
    {
        (File, Name, Type, Shape, ByteLength, Decoder) = (file, name, type, shape, byteLength, decoder);
        ElementCount = shape.Aggregate(1L, (product, dimension) => checked(product * dimension));
    }

    private TensorView(TensorView source, string name)
    {
        (_owner, _offset, File, Name, Type, Shape) = (source._owner, source._offset, source.File, name, source.Type, source.Shape);
        (ByteLength, ElementCount, Decoder) = (source.ByteLength, source.ElementCount, source.Decoder);
    }

    /// <summary>The tensor's name, for example <c>model.layers.0.self_attn.q_proj.weight</c>.</summary>
    public string Name { get; }

    /// <summary>The path of the file that holds it.</summary>
    public string File { get; }

    /// <summary>The element type; of a made tensor one that holds every value exactly.</summary>
    public TensorType Type { get; }

    /// <summary>The dimensions, outermost first; empty for a scalar.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>Bytes of the whole tensor, as stored.</summary>
    public long ByteLength { get; }

    /// <summary>Elements of the whole tensor.</summary>
    public long ElementCount { get; }

    /// <summary>What makes the rows; null where they are stored as they are and <see cref="Data"/> may be read.</summary>
    public RowDecoder? Decoder { get; }

    /// <summary>Rows: the product of all dimensions but the last; 1 for a vector or scalar.</summary>
    public long RowCount => ColumnCount == 0 ? 0 : ElementCount / ColumnCount;

    /// <summary>Elements of one row: the last dimension; 1 for a scalar.</summary>
    public long ColumnCount => Shape.IsEmpty ? 1 : Shape[^1];

    /// <summary>The first byte. Must not be read after the file is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    /// <exception cref="InvalidOperationException">The tensor's rows are made: there are no such bytes.</exception>
    public byte* Data
    {
        get
        {
            if (_owner is null) throw new InvalidOperationException($"Tensor {Name} is not stored as plain {Type}; read its rows.");
            WasRead = true;
            return _owner.Pointer + _offset;
        }
    }

    /// <summary>The same tensor under another name; whether it was read is counted apart.</summary>
    /// <param name="name">The name.</param>
    public TensorView Named(string name) => name == Name ? this : new TensorView(this, name);

    /// <summary>Copies bytes of it out of the file, past the mapping.</summary>
    /// <exception cref="ModelFormatException">The file was cut short.</exception>
    public void CopyBytes(long start, Span<byte> destination)
    {
        if (_owner is null) throw new InvalidOperationException($"Tensor {Name} is not stored as plain {Type}; read its rows.");
        WasRead = true;
        _owner.Read(_offset + start, destination);
    }

    /// <summary>Whether anything of it was read so far.</summary>
    public bool WasRead { get; internal set; }

    /// <summary>The whole tensor's bytes.</summary>
    /// <exception cref="InvalidOperationException">The tensor has more bytes than a span can hold; use <see cref="Data"/>.</exception>
    public ReadOnlySpan<byte> Bytes => ByteLength <= int.MaxValue
        ? new ReadOnlySpan<byte>(Data, (int)ByteLength)
        : throw new InvalidOperationException($"Tensor {Name} has {ByteLength:N0} bytes, more than one span holds.");

    /// <summary>Name, type and shape, as errors show them.</summary>
    public override string ToString() => $"{Name} {Type} [{string.Join(", ", Shape)}]";
}
