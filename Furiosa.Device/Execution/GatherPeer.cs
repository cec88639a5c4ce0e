using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Furiosa.Device.Links;

namespace Furiosa.Device.Execution;

/// <summary>One other process of a tensor-parallel group. Frames that it sends ahead wait here: it can be one gather ahead, not more.</summary>
internal sealed class GatherPeer(LinkConnection connection, int[] ranks) : IDisposable
{
    private const int HeaderBytes = 12;

    private readonly byte[] _header = new byte[HeaderBytes];
    private readonly ConcurrentQueue<IncomingFrame> _frames = new();
    private readonly SemaphoreSlim _arrived = new(0);

    public LinkConnection Connection => connection;

    /// <summary>Ranks that live there, in the order in which it sends them.</summary>
    public int[] Ranks => ranks;

    public void Start(int mostBytes, Action<Exception> failed) => connection.Start(checked(mostBytes + HeaderBytes), Take, error =>
    {
        _arrived.Release();
        failed(error);
    });

    /// <summary>Sends a local rank's values. The peer takes them in whatever it does itself, so that two that send at once do not wait for each other.</summary>
    public void Send(int rank, uint gather, float[] values, int count)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_header, gather);
        BinaryPrimitives.WriteInt32LittleEndian(_header.AsSpan(4), rank);
        BinaryPrimitives.WriteInt32LittleEndian(_header.AsSpan(8), count);
        connection.Write(new OutgoingFrame(SocketTensorParallelLink.FrameKind, _header, values.AsMemory(0, count)));
    }

    /// <summary>Waits for a rank's values.</summary>
    /// <exception cref="IOException">The peer is gone.</exception>
    /// <exception cref="InvalidDataException">It sent others; the message says both.</exception>
    public void Receive(uint gather, int rank, Span<float> values)
    {
        _arrived.Wait();
        if (!_frames.TryDequeue(out var frame)) throw new IOException(connection.Fault?.Message ?? "the link was closed", connection.Fault);
        try
        {
            Copy(frame.Payload.Span, gather, rank, values);
        }
        finally
        {
            frame.Return();
        }
    }

    public void Dispose()
    {
        connection.Dispose();
        _arrived.Release();
    }

    private void Take(IncomingFrame frame)
    {
        if (frame.Kind != SocketTensorParallelLink.FrameKind || _frames.Count >= 2 * ranks.Length)
            throw new InvalidDataException($"sent a frame of kind {frame.Kind} with {_frames.Count} others waiting");
        _frames.Enqueue(frame);
        _arrived.Release();
    }

    private static void Copy(ReadOnlySpan<byte> payload, uint gather, int rank, Span<float> values)
    {
        if (payload.Length < HeaderBytes) throw new InvalidDataException($"A tensor-parallel peer sent a frame of {payload.Length} bytes.");
        var sentGather = BinaryPrimitives.ReadUInt32LittleEndian(payload);
        var sender = BinaryPrimitives.ReadInt32LittleEndian(payload[4..]);
        var sent = BinaryPrimitives.ReadInt32LittleEndian(payload[8..]);
        if (sentGather != gather || sender != rank || sent != values.Length || payload.Length != HeaderBytes + values.Length * sizeof(float))
        {
            throw new InvalidDataException(
                $"A tensor-parallel peer sent gather {sentGather}, rank {sender}, {sent} values; expected gather {gather}, rank {rank}, {values.Length} values.");
        }
        payload[HeaderBytes..].CopyTo(MemoryMarshal.AsBytes(values));
    }
}
