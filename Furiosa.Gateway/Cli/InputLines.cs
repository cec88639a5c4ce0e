using System.Buffers;
using System.IO.Pipelines;
using Furiosa.Gateway.Text;

namespace Furiosa.Gateway.Cli;

/// <summary>Reads lines of UTF-8 as they come, each of bounded length; empty ones are left out.</summary>
internal static class InputLines
{
    private const int Longest = 64 * 1024 * 1024;

    /// <summary>The lines of a file, or of standard input where it is <c>-</c> or null; each is valid until the next is asked for.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="ModelTextException">A line is too long.</exception>
    public static async IAsyncEnumerable<(int Number, ReadOnlyMemory<byte> Text)> ReadAsync(string? path)
    {
        await using var stream = Open(path);
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024));
        for (var (number, ended) = (1, false); !ended;)
        {
            var read = await reader.ReadAsync();
            var buffer = read.Buffer;
            while (buffer.PositionOf((byte)'\n') is { } end)
            {
                if (Trimmed(buffer.Slice(0, end)) is { Length: > 0 } line) yield return (number, line);
                buffer = buffer.Slice(buffer.GetPosition(1, end));
                number++;
            }

            ended = read.IsCompleted;
            if (ended && Trimmed(buffer) is { Length: > 0 } last) yield return (number, last);
            if (buffer.Length > Longest) throw new ModelTextException($"line {number} has more than {Longest} bytes.");
            reader.AdvanceTo(ended ? buffer.End : buffer.Start, buffer.End);
        }
    }

    /// <summary>Opens a file, or standard input where it is <c>-</c> or null.</summary>
    public static Stream Open(string? path) =>
        path is null or "-" ? Console.OpenStandardInput() : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

    private static ReadOnlyMemory<byte> Trimmed(ReadOnlySequence<byte> line) =>
        (line.IsSingleSegment ? line.First : line.ToArray()).Trim((ReadOnlySpan<byte>)" \t\r"u8);
}
