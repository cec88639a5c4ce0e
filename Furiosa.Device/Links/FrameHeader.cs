using System.Buffers.Binary;

namespace Furiosa.Device.Links;

/// <summary>The twelve bytes before each payload: mark, kind (one byte, three zeros), length; little-endian.</summary>
internal static class FrameHeader
{
    public const int Bytes = 12;

    private const uint Mark = 0x4C465546; // "FUFL"

    public static void Write(Span<byte> header, byte kind, int length)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, Mark);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], kind);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], length);
    }

    /// <exception cref="InvalidDataException">It is no header, or announces more than <paramref name="most"/> bytes.</exception>
    public static (byte Kind, int Length) Read(ReadOnlySpan<byte> header, int most)
    {
        var mark = BinaryPrimitives.ReadUInt32LittleEndian(header);
        var kind = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        var length = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        if (mark != Mark || kind > byte.MaxValue) throw new InvalidDataException($"sent {Convert.ToHexString(header)}, which is not the beginning of a frame");
        if (length < 0 || length > most) throw new InvalidDataException($"announced a frame of {(uint)length} bytes; the most is {most}");
        return ((byte)kind, length);
    }
}
