using System.Runtime.InteropServices;

namespace Furiosa.Device.Links;

/// <summary>Writes frames to a stream in pieces of 64 KiB, each of which must be taken in time; a small frame is one piece.</summary>
internal sealed class FrameWriter(Stream stream)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly byte[] _header = new byte[FrameHeader.Bytes];
    private int _count;
    private long _bytesWritten;

    public long BytesWritten => Volatile.Read(ref _bytesWritten);

    public void Write(in OutgoingFrame frame)
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("Frames are little-endian.");
        FrameHeader.Write(_header, frame.Kind, frame.Length);
        Add(_header);
        Add(frame.Head.Span);
        Add(MemoryMarshal.AsBytes(frame.Values.Span));
        Flush();
    }

    private void Add(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_count == _buffer.Length) Flush();
            var taken = Math.Min(bytes.Length, _buffer.Length - _count);
            bytes[..taken].CopyTo(_buffer.AsSpan(_count));
            _count += taken;
            bytes = bytes[taken..];
        }
    }

    private void Flush()
    {
        Volatile.Write(ref _bytesWritten, _bytesWritten + _count);
        stream.Write(_buffer, 0, _count);
        _count = 0;
    }
}
