using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;

namespace Furiosa.Actors.Serialization;

/// <summary>Writes the wire form of messages: little-endian, counts and whole numbers in as few bytes as they need.</summary>
internal sealed class WireWriter
{
    private readonly MemoryStream _stream = new();
    private readonly BinaryWriter _writer;

    public WireWriter() => _writer = new BinaryWriter(_stream, Encoding.UTF8);

    public byte[] ToArray() => Written.ToArray();

    /// <summary>What was written, valid until more is.</summary>
    public ReadOnlyMemory<byte> Written
    {
        get
        {
            _writer.Flush();
            return _stream.GetBuffer().AsMemory(0, (int)_stream.Length);
        }
    }

    public void Byte(byte value) => _writer.Write(value);

    public void Bool(bool value) => _writer.Write(value);

    public void Int(int value) => _writer.Write7BitEncodedInt(value);

    public void Long(long value) => _writer.Write7BitEncodedInt64(value);

    public void Float(float value) => _writer.Write(value);

    public void Text(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        Int(bytes.Length);
        _writer.Write(bytes);
    }

    /// <summary>A value that may be missing.</summary>
    public void Optional<T>(T? value, Action<WireWriter, T> write) where T : struct
    {
        Bool(value is not null);
        if (value is { } present) write(this, present);
    }

    /// <summary>An object that may be missing.</summary>
    public void OptionalObject<T>(T? value, Action<WireWriter, T> write) where T : class
    {
        Bool(value is not null);
        if (value is not null) write(this, value);
    }

    public void Ints(ReadOnlySpan<int> values)
    {
        Int(values.Length);
        foreach (var value in values) Int(value);
    }

    /// <summary>Floats as they lie in memory.</summary>
    public void Floats(ReadOnlySpan<float> values)
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("The wire form is little-endian.");
        _writer.Write(MemoryMarshal.AsBytes(values));
    }

    /// <summary>Numbers as they lie in memory, after their count.</summary>
    public void Doubles(ReadOnlySpan<double> values)
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("The wire form is little-endian.");
        Int(values.Length);
        _writer.Write(MemoryMarshal.AsBytes(values));
    }

    public void Bytes(ReadOnlySpan<byte> values)
    {
        Int(values.Length);
        _writer.Write(values);
    }

    public void List<T>(ReadOnlySpan<T> values, Action<WireWriter, T> write)
    {
        Int(values.Length);
        foreach (var value in values) write(this, value);
    }

    /// <summary>An array that may be default, which is not the same as empty.</summary>
    public void MaybeDefault<T>(ImmutableArray<T> values, Action<WireWriter, T> write)
    {
        Bool(!values.IsDefault);
        if (!values.IsDefault) List(values.AsSpan(), write);
    }
}
