using System.Text;

namespace Furiosa.Tests.Support;

/// <summary>Makes GGUF files.</summary>
internal sealed class GgufWriter
{
    private const int Alignment = 32;
    private readonly List<(string Key, object Value)> _values = [];
    private readonly List<(string Name, long[] Shape, int Type, byte[] Data)> _tensors = [];

    public uint Version { get; init; } = 3;

    /// <summary>Adds a value: int, long, float, double, bool, string or an array of one of these.</summary>
    public GgufWriter Set(string key, object value)
    {
        _values.RemoveAll(entry => entry.Key == key);
        _values.Add((key, value));
        return this;
    }

    /// <summary>Adds a tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">Outermost dimension first.</param>
    /// <param name="type">Its number in the format.</param>
    /// <param name="data">Its bytes.</param>
    public GgufWriter Add(string name, long[] shape, int type, byte[] data)
    {
        _tensors.Add((name, shape, type, data));
        return this;
    }

    public byte[] Write()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write("GGUF"u8);
        writer.Write(Version);
        writer.Write((ulong)_tensors.Count);
        writer.Write((ulong)_values.Count);
        foreach (var (key, value) in _values)
        {
            Text(writer, key);
            Value(writer, value);
        }

        var offset = 0L;
        foreach (var (name, shape, type, data) in _tensors)
        {
            Text(writer, name);
            writer.Write(shape.Length);
            foreach (var size in shape.Reverse()) writer.Write(size);
            writer.Write(type);
            writer.Write(offset);
            offset += Padded(data.Length);
        }

        Pad(writer, stream);
        foreach (var (_, _, _, data) in _tensors)
        {
            writer.Write(data);
            Pad(writer, stream);
        }

        return stream.ToArray();
    }

    private static long Padded(long length) => (length + Alignment - 1) / Alignment * Alignment;

    private static void Pad(BinaryWriter writer, MemoryStream stream)
    {
        while (stream.Length % Alignment != 0) writer.Write((byte)0);
    }

    private static void Text(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static void Value(BinaryWriter writer, object value)
    {
        writer.Write(TypeOf(value.GetType()));
        if (value is not Array list)
        {
            Bare(writer, value);
            return;
        }

        var element = value.GetType().GetElementType()!;
        writer.Write(element == typeof(int) ? 5u : TypeOf(element)); // lists of tokens' types are signed, sizes are not
        writer.Write((ulong)list.Length);
        foreach (var item in list) Bare(writer, item!);
    }

    private static uint TypeOf(Type type) =>
        type.IsArray ? 9u : type == typeof(int) ? 4u : type == typeof(long) ? 11u : type == typeof(float) ? 6u : type == typeof(double) ? 12u : type == typeof(bool) ? 7u : 8u;

    private static void Bare(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case int number: writer.Write(number); break;
            case long number: writer.Write(number); break;
            case float number: writer.Write(number); break;
            case double number: writer.Write(number); break;
            case bool flag: writer.Write(flag); break;
            default: Text(writer, (string)value); break;
        }
    }
}
