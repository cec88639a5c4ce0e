using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Furiosa.Device.Links;

/// <summary>
/// The first bytes of a connection. The opening side sends mark, version and length (two bytes each but the mark, little-endian), then
/// lane, epoch, the three names and the group's secret, which the actors have told both sides; the other answers with a verdict: one byte,
/// then a proof that it knows the secret too, or the length and text of a refusal.
/// </summary>
internal static class LinkHandshake
{
    /// <summary>Bytes of a group's secret.</summary>
    public const int SecretBytes = 32;

    private const uint Mark = 0x48465546; // "FUFH"
    private const ushort Version = 1;
    private const int PrefixBytes = 8;
    private const int MostBytes = 4096;
    private const byte Accepted = 1;
    private const byte Refused = 2;

    public static async Task SendHelloAsync(Stream stream, LinkHello hello, ReadOnlyMemory<byte> secret, CancellationToken cancellation)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes, Encoding.UTF8);
        writer.Write(Mark);
        writer.Write(Version);
        writer.Write((ushort)0);
        writer.Write(hello.Lane);
        writer.Write(hello.Epoch);
        foreach (var name in (string[])[hello.Group, hello.From, hello.To])
        {
            if (name.Length is 0 or > LinkHello.MostCharacters) throw new ArgumentException($"The name '{name}' must have 1 to {LinkHello.MostCharacters} characters.", nameof(hello));
            writer.Write(name);
        }
        writer.Write(secret.Span);
        var sent = bytes.ToArray();
        BinaryPrimitives.WriteUInt16LittleEndian(sent.AsSpan(6), checked((ushort)(sent.Length - PrefixBytes)));
        await stream.WriteAsync(sent, cancellation).ConfigureAwait(false);
    }

    /// <exception cref="InvalidDataException">The bytes are not a greeting.</exception>
    public static async Task<(LinkHello Hello, byte[] Secret)> ReceiveHelloAsync(Stream stream, CancellationToken cancellation)
    {
        var prefix = new byte[PrefixBytes];
        await stream.ReadExactlyAsync(prefix, cancellation).ConfigureAwait(false);
        if (BinaryPrimitives.ReadUInt32LittleEndian(prefix) != Mark) throw new InvalidDataException($"It began with {Convert.ToHexString(prefix)}, which is no greeting.");
        var version = BinaryPrimitives.ReadUInt16LittleEndian(prefix.AsSpan(4));
        if (version != Version) throw new InvalidDataException($"It speaks version {version}; this node speaks {Version}.");
        var length = BinaryPrimitives.ReadUInt16LittleEndian(prefix.AsSpan(6));
        if (length is < SecretBytes or > MostBytes) throw new InvalidDataException($"Its greeting has {length} bytes.");
        var bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes, cancellation).ConfigureAwait(false);
        return Parse(bytes);
    }

    public static async Task AcceptAsync(Stream stream, ReadOnlyMemory<byte> secret, CancellationToken cancellation) =>
        await stream.WriteAsync((byte[])[Accepted, .. Proof(secret.Span)], cancellation).ConfigureAwait(false);

    public static async Task RefuseAsync(Stream stream, string reason, CancellationToken cancellation)
    {
        var text = Encoding.UTF8.GetBytes(reason);
        var count = Math.Min(text.Length, byte.MaxValue);
        await stream.WriteAsync((byte[])[Refused, (byte)count, .. text.AsSpan(0, count)], cancellation).ConfigureAwait(false);
    }

    /// <exception cref="LinkRefusedException">The other side refused.</exception>
    /// <exception cref="InvalidDataException">The answer is none, or does not prove that the other side knows the secret.</exception>
    public static async Task ReceiveVerdictAsync(Stream stream, ReadOnlyMemory<byte> secret, CancellationToken cancellation)
    {
        var verdict = new byte[1];
        await stream.ReadExactlyAsync(verdict, cancellation).ConfigureAwait(false);
        if (verdict[0] == Refused)
        {
            await stream.ReadExactlyAsync(verdict, cancellation).ConfigureAwait(false);
            var reason = new byte[verdict[0]];
            await stream.ReadExactlyAsync(reason, cancellation).ConfigureAwait(false);
            throw new LinkRefusedException(Encoding.UTF8.GetString(reason).ReplaceLineEndings(" "));
        }
        var proof = new byte[SHA256.HashSizeInBytes];
        if (verdict[0] == Accepted) await stream.ReadExactlyAsync(proof, cancellation).ConfigureAwait(false);
        if (verdict[0] != Accepted || !CryptographicOperations.FixedTimeEquals(proof, Proof(secret.Span)))
            throw new InvalidDataException("What answered there is not the node that was meant.");
    }

    private static byte[] Proof(ReadOnlySpan<byte> secret) => HMACSHA256.HashData(secret, "accepted"u8);

    private static (LinkHello Hello, byte[] Secret) Parse(byte[] bytes)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes), new UTF8Encoding(false, throwOnInvalidBytes: true));
            var (lane, epoch) = (reader.ReadInt32(), reader.ReadInt64());
            string[] names = [reader.ReadString(), reader.ReadString(), reader.ReadString()];
            var secret = reader.ReadBytes(SecretBytes + 1);
            if (secret.Length == SecretBytes && names.All(name => name.Length is > 0 and <= LinkHello.MostCharacters))
                return (new LinkHello(names[0], epoch, lane, names[1], names[2]), secret);
        }
        catch (Exception error) when (error is IOException or FormatException or ArgumentException)
        {
            // Told below.
        }
        throw new InvalidDataException("Its greeting is malformed.");
    }
}
