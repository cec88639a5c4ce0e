namespace Furiosa.Device.Links;

/// <summary>Reads frames from a stream: small ones many at a time, large ones straight to where they go.</summary>
internal sealed class FrameReader(Stream stream)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly byte[] _header = new byte[FrameHeader.Bytes];
    private int _first;
    private int _count;

    /// <summary>The next frame's kind and length.</summary>
    /// <exception cref="InvalidDataException">What came is no header, or the length is above <paramref name="mostBytes"/>.</exception>
    public (byte Kind, int Length) ReadHeader(int mostBytes)
    {
        ReadPayload(_header);
        return FrameHeader.Read(_header, mostBytes);
    }

    /// <summary>Fills the target.</summary>
    public void ReadPayload(Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            if (_count == 0 && target.Length >= _buffer.Length)
            {
                target = target[Read(target)..];
                continue;
            }
            if (_count == 0) (_first, _count) = (0, Read(_buffer));
            var taken = Math.Min(_count, target.Length);
            _buffer.AsSpan(_first, taken).CopyTo(target);
            (_first, _count) = (_first + taken, _count - taken);
            target = target[taken..];
        }
    }

    private int Read(Span<byte> target)
    {
        var read = stream.Read(target);
        return read > 0 ? read : throw new EndOfStreamException("closed the connection");
    }
}
