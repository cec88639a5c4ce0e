using System.Globalization;
using System.Text;

namespace Furiosa.Tests.Support;

/// <summary>An HTTP/1.1 answer as it came over a bare socket.</summary>
/// <param name="Status">The status line.</param>
/// <param name="Headers">Headers, names in lower case.</param>
/// <param name="Body">The body, out of its chunks.</param>
internal sealed record RawAnswer(string Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public static async Task<RawAnswer> ReadAsync(Stream stream)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        var status = await LineAsync(stream, timeout.Token);
        var headers = new Dictionary<string, string>();
        while (await LineAsync(stream, timeout.Token) is { Length: > 0 } line)
            headers[line[..line.IndexOf(':')].ToLowerInvariant()] = line[(line.IndexOf(':') + 1)..].Trim();
        var body = headers.ContainsKey("transfer-encoding")
            ? await ChunksAsync(stream, timeout.Token)
            : await ExactlyAsync(stream, int.Parse(headers.GetValueOrDefault("content-length", "0"), CultureInfo.InvariantCulture), timeout.Token);
        return new RawAnswer(status, headers, body);
    }

    private static async Task<byte[]> ChunksAsync(Stream stream, CancellationToken cancellation)
    {
        var body = new MemoryStream();
        while (true)
        {
            var size = int.Parse(await LineAsync(stream, cancellation), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            body.Write(await ExactlyAsync(stream, size, cancellation));
            await LineAsync(stream, cancellation);
            if (size == 0) return body.ToArray();
        }
    }

    private static async Task<byte[]> ExactlyAsync(Stream stream, int count, CancellationToken cancellation)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }

    private static async Task<string> LineAsync(Stream stream, CancellationToken cancellation)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (true)
        {
            await stream.ReadExactlyAsync(one, cancellation);
            if (one[0] == '\n') return line.ToString();
            if (one[0] != '\r') line.Append((char)one[0]);
        }
    }
}
