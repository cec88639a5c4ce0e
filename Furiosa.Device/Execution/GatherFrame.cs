using System.Buffers.Binary;

namespace Furiosa.Device.Execution;

/// <summary>The header before each rank's values on a tensor-parallel link: mark, gather number, rank, value count, little-endian.</summary>
internal static class GatherFrame
{
    public const int HeaderBytes = 16;

    private const uint Mark = 0x46555450; // "FUTP"

    public static void Write(Span<byte> header, uint gather, int rank, int count)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, Mark);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], gather);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], rank);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], count);
    }

    /// <summary>Sees to it that a header is the one that comes next.</summary>
    /// <exception cref="InvalidDataException">It is another; the message says both.</exception>
    public static void Expect(ReadOnlySpan<byte> header, uint gather, int rank, int count)
    {
        var mark = BinaryPrimitives.ReadUInt32LittleEndian(header);
        var sentGather = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        var sender = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        var sent = BinaryPrimitives.ReadInt32LittleEndian(header[12..]);
        if (mark == Mark && sentGather == gather && sender == rank && sent == count) return;
        throw new InvalidDataException(
            $"A tensor-parallel peer sent gather {sentGather}, rank {sender}, {sent} values; expected gather {gather}, rank {rank}, {count} values.");
    }
}
