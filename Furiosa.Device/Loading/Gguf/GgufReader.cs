using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Furiosa.Device.Loading.Gguf;

/// <summary>Reads the little-endian values of a GGUF header, never past its bound. What a count promises is checked before memory is taken.</summary>
internal sealed class GgufReader(string path, Stream stream)
{
    /// <summary>The longest header accepted, in bytes: keys, values and tensor infos. Real ones have up to about 20 million.</summary>
    public const long MaxHeaderBytes = 256L << 20;

    private const int MaxText = 16 << 20; // a chat template or a list of merges written as one text
    private const int MaxItems = 4 << 20;

    private readonly byte[] _small = new byte[8];
    private readonly long _length = Math.Min(stream.Length, MaxHeaderBytes);

    /// <summary>Bytes read so far.</summary>
    public long Position { get; private set; }

    private long Left => _length - Position;

    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>A count of things of which each takes at least some bytes.</summary>
    public int Count(string what, int leastBytes)
    {
        var count = U64();
        if (count > (ulong)(Left / leastBytes) || count > MaxItems)
            throw Fault(what, $"are {count:N0}", $"{Left:N0} bytes are left for them and at most {MaxItems:N0} are accepted: the file is truncated or damaged");
        return (int)count;
    }

    public string Text(string what, int longest = MaxText)
    {
        var bytes = new byte[TextLength(what, longest)];
        Fill(bytes);
        // Vocabularies of some models hold pieces of characters, which are replaced; nothing else may depend on such a text.
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>A value of one of the format's types.</summary>
    public object Value(string key) => Value(key, U32());

    public ModelFormatException Fault(string? what, string problem, string remedy) => new(path, what, problem, remedy);

    private object Value(string key, uint type) => type switch
    {
        6 or 12 => Number(type),
        7 => Flag(),
        8 => Text(key),
        9 => List(key),
        <= 12 => Whole(key, type),
        _ => throw Fault(key, $"has the unknown value type {type}", "types are 0 to 12: the file is damaged or of a later version"),
    };

    private bool Flag() => Take(1)[0] != 0;

    private double Number(uint type) => type == 6 ? BinaryPrimitives.ReadSingleLittleEndian(Take(4)) : BinaryPrimitives.ReadDoubleLittleEndian(Take(8));

    private long Whole(string key, uint type) => type switch
    {
        0 => Take(1)[0],
        1 => (sbyte)Take(1)[0],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(Take(2)),
        3 => BinaryPrimitives.ReadInt16LittleEndian(Take(2)),
        4 => U32(),
        5 => (int)U32(),
        10 => U64() is var value && value <= long.MaxValue ? (long)value : throw Fault(key, $"is {value:N0}", "whole numbers must fit 63 bits"),
        _ => (long)U64(),
    };

    private object List(string key)
    {
        var type = U32();
        var size = type switch
        {
            0 or 1 or 7 => 1,
            2 or 3 => 2,
            4 or 5 or 6 => 4,
            8 or 10 or 11 or 12 => 8,
            9 => throw Fault(key, "is a list of lists", "lists must hold plain values"),
            _ => throw Fault(key, $"is a list of the unknown type {type}", "types are 0 to 12: the file is damaged or of a later version"),
        };
        var count = Count(key, size);
        return type switch
        {
            8 => Texts(key, count),
            7 => Fill(new bool[count], Flag),
            6 or 12 => Fill(new double[count], () => Number(type)),
            _ => Fill(new long[count], () => Whole(key, type)),
        };
    }

    private GgufTexts Texts(string key, int count)
    {
        const int usual = 8; // bytes of a token
        var bytes = new ArrayBufferWriter<byte>(usual * count + usual);
        var ends = new int[count];
        for (var i = 0; i < count; i++)
        {
            var length = TextLength(key, MaxText);
            Fill(bytes.GetSpan(length)[..length]);
            bytes.Advance(length);
            ends[i] = bytes.WrittenCount;
        }

        return new GgufTexts(bytes.WrittenMemory, ends);
    }

    private int TextLength(string what, int longest)
    {
        var length = U64();
        if (length > (ulong)longest || length > (ulong)Left)
            throw Fault(what, $"has a text of {length:N0} bytes", $"{Left:N0} bytes are left and at most {longest:N0} are accepted: the file is truncated or damaged");
        return (int)length;
    }

    private static T[] Fill<T>(T[] items, Func<T> next)
    {
        for (var i = 0; i < items.Length; i++) items[i] = next();
        return items;
    }

    private Span<byte> Take(int count)
    {
        var bytes = _small.AsSpan(0, count);
        Fill(bytes);
        return bytes;
    }

    private void Fill(Span<byte> bytes)
    {
        if (bytes.Length > Left)
            throw Fault(null, $"ends inside its header, at byte {Position:N0}", stream.Length > MaxHeaderBytes ? $"headers may have {MaxHeaderBytes:N0} bytes" : "the file is truncated: fetch it again");
        stream.ReadExactly(bytes);
        Position += bytes.Length;
    }
}
