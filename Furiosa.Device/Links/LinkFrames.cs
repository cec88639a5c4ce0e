using System.Buffers;

namespace Furiosa.Device.Links;

/// <summary>A frame to be sent: bytes, then floats as they lie in memory. What it refers to must stay as it is until it was sent.</summary>
/// <param name="Kind">What it is; 0 is kept for the connection itself.</param>
/// <param name="Head">First part of the payload.</param>
/// <param name="Values">Second part.</param>
/// <param name="Owner">Disposed when the frame was sent or dropped; null for none.</param>
public readonly record struct OutgoingFrame(byte Kind, ReadOnlyMemory<byte> Head, ReadOnlyMemory<float> Values = default, IDisposable? Owner = null)
{
    internal const byte Heartbeat = 0;

    internal int Length => checked(Head.Length + Values.Length * sizeof(float));
}

/// <summary>A frame that came. Whoever takes it gives its buffer back with <see cref="Return"/>, once.</summary>
public readonly struct IncomingFrame
{
    private readonly byte[] _buffer;
    private readonly int _length;

    internal IncomingFrame(byte kind, byte[] buffer, int length) => (Kind, _buffer, _length) = (kind, buffer, length);

    /// <summary>What it is, by the sender.</summary>
    public byte Kind { get; }

    /// <summary>Its bytes; not to be trusted.</summary>
    public ReadOnlyMemory<byte> Payload => _buffer.AsMemory(0, _length);

    /// <summary>Gives the buffer back.</summary>
    public void Return() => ArrayPool<byte>.Shared.Return(_buffer);
}
