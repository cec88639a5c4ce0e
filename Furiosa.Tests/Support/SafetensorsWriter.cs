using System.Buffers.Binary;
using System.Text;

namespace Furiosa.Tests.Support;

/// <summary>Makes safetensors files, well formed from tensors or malformed from a raw header.</summary>
internal static class SafetensorsWriter
{
    public static byte[] Raw(string header, byte[] data)
    {
        var text = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + text.Length + data.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)text.Length);
        text.CopyTo(bytes, 8);
        data.CopyTo(bytes, 8 + text.Length);
        return bytes;
    }

    public static byte[] Write(params (string Name, string Type, long[] Shape, byte[] Data)[] tensors)
    {
        var entries = new List<string>();
        var offset = 0;
        foreach (var (name, type, shape, data) in tensors)
        {
            entries.Add($"\"{name}\":{{\"dtype\":\"{type}\",\"shape\":[{string.Join(",", shape)}],\"data_offsets\":[{offset},{offset + data.Length}]}}");
            offset += data.Length;
        }

        var all = new byte[offset];
        offset = 0;
        foreach (var (_, _, _, data) in tensors)
        {
            data.CopyTo(all, offset);
            offset += data.Length;
        }
        return Raw($"{{{string.Join(",", entries)}}}", all);
    }

    public static (string Name, string Type, long[] Shape, byte[] Data) Halves(string name, long[] shape, params float[] values)
    {
        var bytes = new byte[values.Length * sizeof(ushort)];
        for (var i = 0; i < values.Length; i++) BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(i * 2), (Half)values[i]);
        return (name, "F16", shape, bytes);
    }

    public static (string Name, string Type, long[] Shape, byte[] Data) Floats(string name, long[] shape, params float[] values)
    {
        var bytes = new byte[values.Length * sizeof(float)];
        for (var i = 0; i < values.Length; i++) BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * 4), values[i]);
        return (name, "F32", shape, bytes);
    }
}
