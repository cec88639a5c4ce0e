using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Runtime.Serialization;
using System.Text;

namespace Furiosa.Actors.Serialization;

/// <summary>
/// Reads what <see cref="WireWriter"/> wrote. Whatever the bytes are, it reads within them, allocates no more than a small multiple of
/// their number, and fails with <see cref="SerializationException"/>.
/// </summary>
internal sealed class WireReader(ReadOnlyMemory<byte> bytes)
{
    private static readonly UTF8Encoding StrictText = new(false, throwOnInvalidBytes: true);

    private int _position;

    /// <summary>Fails when bytes are left.</summary>
    public void End()
    {
        if (_position != bytes.Length) throw Malformed("bytes are left at the end");
    }

    public byte Byte() => Take(1)[0];

    public bool Bool() => Byte() switch
    {
        0 => false,
        1 => true,
        var other => throw Malformed($"{other} is no truth value"),
    };

    public int Int() => unchecked((int)Varying(5));

    public long Long() => unchecked((long)Varying(10));

    public float Float() => BinaryPrimitives.ReadSingleLittleEndian(Take(4));

    public string Text()
    {
        try
        {
            return StrictText.GetString(Take(Int()));
        }
        catch (DecoderFallbackException)
        {
            throw Malformed("a text is not UTF-8");
        }
    }

    /// <summary>The value of an enumeration, if it is one.</summary>
    public T Choice<T>() where T : struct, Enum
    {
        var value = (T)Enum.ToObject(typeof(T), Byte());
        return Enum.IsDefined(value) ? value : throw Malformed($"{value} is no {typeof(T).Name}");
    }

    public T? Optional<T>(Func<WireReader, T> read) where T : struct => Bool() ? read(this) : null;

    public T? OptionalObject<T>(Func<WireReader, T> read) where T : class => Bool() ? read(this) : null;

    public int[] Ints() => Array(1, reader => reader.Int());

    /// <summary>As many floats as the target holds.</summary>
    public void Floats(Span<float> target) => Take(checked(target.Length * sizeof(float))).CopyTo(MemoryMarshal.AsBytes(target));

    public double[] Doubles()
    {
        var values = new double[Count(sizeof(double))];
        Take(values.Length * sizeof(double)).CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    public byte[] Bytes() => Take(Count(1)).ToArray();

    /// <summary>A list whose elements take at least <paramref name="least"/> bytes each.</summary>
    public T[] Array<T>(int least, Func<WireReader, T> read)
    {
        var count = Count(least);
        if (count == 0) return [];
        var result = new T[count];
        for (var i = 0; i < count; i++) result[i] = read(this);
        return result;
    }

    public ImmutableArray<T> List<T>(int least, Func<WireReader, T> read) => ImmutableCollectionsMarshal.AsImmutableArray(Array(least, read));

    public ImmutableArray<T> MaybeDefault<T>(int least, Func<WireReader, T> read) => Bool() ? List(least, read) : default;

    /// <summary>A count of things of which each takes at least <paramref name="least"/> bytes of what is left.</summary>
    public int Count(int least)
    {
        var count = Int();
        if (count < 0 || count > (bytes.Length - _position) / least) throw Malformed($"a count of {count} cannot be");
        return count;
    }

    /// <summary>Fails when fewer bytes are left.</summary>
    public void Require(long count)
    {
        if (count > bytes.Length - _position) throw Malformed($"{count} bytes are wanted, {bytes.Length - _position} are left");
    }

    public SerializationException Malformed(string what) => new($"A message is malformed at byte {_position}: {what}.");

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0) throw Malformed($"a length of {count} cannot be");
        Require(count);
        var taken = bytes.Span.Slice(_position, count);
        _position += count;
        return taken;
    }

    private ulong Varying(int mostBytes)
    {
        var value = 0UL;
        for (var i = 0; i < mostBytes; i++)
        {
            var part = Byte();
            value |= (ulong)(part & 0x7F) << (7 * i);
            if (part < 0x80) return value;
        }
        throw Malformed("a number does not end");
    }
}
