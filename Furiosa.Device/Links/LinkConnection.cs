using System.Buffers;
using System.Net.Sockets;

namespace Furiosa.Device.Links;

/// <summary>
/// An open connection between two nodes: frames both ways, each with a length that is checked before room is made for it. Two threads of
/// its own read and write, so that neither the compute team nor the pool waits for a peer. An idle side sends heartbeats; a peer that is
/// silent or takes nothing for <see cref="LinkLimits.Silence"/> counts as gone, as does one that closes or sends what is no frame. A
/// connection that has failed stays so.
/// </summary>
public sealed class LinkConnection : IDisposable
{
    private const int StackBytes = 512 * 1024;

    private readonly Socket _socket;
    private readonly LinkLimits _limits;
    private readonly FrameReader _reader;
    private readonly FrameWriter _writer;
    private readonly object _gate = new();
    private readonly Lock _writing = new();
    private readonly Queue<OutgoingFrame> _queue = new();
    private readonly List<Thread> _threads = [];
    private Action<IncomingFrame> _received = static frame => frame.Return();
    private Action<Exception> _failed = static _ => { };
    private int _mostBytes;
    private bool _isClosed;
    private Exception? _fault;

    /// <summary>Takes over a socket whose handshake is done: sends from now on, if only heartbeats, and reads from <see cref="Start"/> on.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="stream">What is read and written: the socket itself, or TLS over it.</param>
    /// <param name="peer">The other side's name, for messages.</param>
    /// <param name="limits">Bounds.</param>
    public LinkConnection(Socket socket, Stream stream, string peer, LinkLimits limits)
    {
        (_socket, Peer, _limits) = (socket, peer, limits);
        socket.NoDelay = true;
        socket.SendTimeout = socket.ReceiveTimeout = (int)limits.Silence.TotalMilliseconds;
        _reader = new FrameReader(stream);
        _writer = new FrameWriter(stream);
        _threads.Add(StartThread(WriteQueued, "link-write"));
    }

    /// <summary>The other side's name.</summary>
    public string Peer { get; }

    /// <summary>Why the connection ended; null while it has not, or when this side disposed it.</summary>
    public Exception? Fault => Volatile.Read(ref _fault);

    /// <summary>Bytes of frames sent so far, headers included.</summary>
    public long BytesSent => _writer.BytesWritten;

    /// <summary>Starts reading.</summary>
    /// <param name="mostBytes">The largest payload, in bytes, that the peer may send.</param>
    /// <param name="received">Called for each frame, in order, on the connection's reading thread; an exception ends the connection.</param>
    /// <param name="failed">Called once when the peer is gone, however that shows; not called for <see cref="Dispose"/>.</param>
    public void Start(int mostBytes, Action<IncomingFrame> received, Action<Exception> failed)
    {
        lock (_gate)
        {
            (_mostBytes, _received, _failed) = (mostBytes, received, failed);
            if (!_isClosed)
            {
                _threads.Add(StartThread(Read, "link-read"));
                return;
            }
        }
        if (Fault is { } fault) failed(fault);
    }

    /// <summary>Puts a frame into the queue; never waits. On failure the frame is dropped and its owner disposed.</summary>
    /// <exception cref="IOException">The connection has ended, or too many frames wait.</exception>
    public void Send(in OutgoingFrame frame)
    {
        bool isFull;
        lock (_gate)
        {
            isFull = !_isClosed && _queue.Count >= _limits.QueuedFrames;
            if (!_isClosed && !isFull)
            {
                _queue.Enqueue(frame);
                Monitor.Pulse(_gate);
                return;
            }
        }
        frame.Owner?.Dispose();
        if (isFull) Fail(new IOException($"{_limits.QueuedFrames} frames wait for {Peer}, which is the limit"));
        throw Ended();
    }

    /// <summary>Sends a frame on the calling thread, past those that wait; returns when the system has taken it.</summary>
    /// <exception cref="IOException">The connection has ended.</exception>
    public void Write(in OutgoingFrame frame)
    {
        try
        {
            lock (_writing) _writer.Write(frame);
        }
        catch (Exception error)
        {
            Fail(error);
            throw Ended();
        }
    }

    /// <summary>Closes the connection and waits for its threads; frames that were not sent are dropped.</summary>
    public void Dispose()
    {
        Close(null);
        Thread[] threads;
        lock (_gate) threads = [.. _threads];
        foreach (var thread in threads)
        {
            if (thread != Thread.CurrentThread) thread.Join();
        }
    }

    private static Thread StartThread(Action work, string name)
    {
        var thread = new Thread(() => work(), StackBytes) { IsBackground = true, Name = name };
        thread.Start();
        return thread;
    }

    private void Read()
    {
        try
        {
            while (true)
            {
                var (kind, length) = _reader.ReadHeader(_mostBytes);
                var buffer = ArrayPool<byte>.Shared.Rent(length);
                _reader.ReadPayload(buffer.AsSpan(0, length));
                if (kind == OutgoingFrame.Heartbeat) ArrayPool<byte>.Shared.Return(buffer);
                else _received(new IncomingFrame(kind, buffer, length));
            }
        }
        catch (Exception error)
        {
            Fail(error);
        }
    }

    private void WriteQueued()
    {
        try
        {
            while (Next(out var frame))
            {
                try
                {
                    lock (_writing) _writer.Write(frame);
                }
                finally
                {
                    frame.Owner?.Dispose();
                }
            }
        }
        catch (Exception error)
        {
            Fail(error);
        }
    }

    /// <summary>The next frame, or a heartbeat when there was none for a while; false at the end.</summary>
    private bool Next(out OutgoingFrame frame)
    {
        lock (_gate)
        {
            if (_queue.Count == 0 && !_isClosed) Monitor.Wait(_gate, _limits.Heartbeat);
            if (!_queue.TryDequeue(out frame)) frame = new OutgoingFrame(OutgoingFrame.Heartbeat, default);
            return !_isClosed;
        }
    }

    private void Fail(Exception error)
    {
        var reason = new LinkLostException($"{Peer} {Describe(error)}", error) { IsSilence = IsSilence(error) };
        Close(reason)?.Invoke(reason);
    }

    private IOException Ended() => new($"The connection with {Peer} has ended: {Fault?.Message ?? "it was closed here"}", Fault);

    private string Describe(Exception error) => error switch
    {
        InvalidDataException or EndOfStreamException => error.Message,
        _ when IsSilence(error) => $"was silent for {_limits.Silence.TotalSeconds:0.###} s",
        IOException { InnerException: SocketException inner } => $"is gone: {inner.Message}",
        _ => $"cannot be used: {error.Message.ReplaceLineEndings(" ")}",
    };

    private static bool IsSilence(Exception error) =>
        error is IOException { InnerException: SocketException { SocketErrorCode: SocketError.TimedOut or SocketError.WouldBlock } };

    /// <summary>Closes the connection unless it is; then returns whom to tell.</summary>
    private Action<Exception>? Close(Exception? fault)
    {
        OutgoingFrame[] dropped;
        Action<Exception> failed;
        lock (_gate)
        {
            if (_isClosed) return null;
            (_isClosed, failed) = (true, _failed);
            Volatile.Write(ref _fault, fault);
            dropped = [.. _queue];
            _queue.Clear();
            Monitor.PulseAll(_gate);
        }
        foreach (var frame in dropped) frame.Owner?.Dispose();
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // It was closed by the other side.
        }
        _socket.Dispose();
        return failed;
    }
}
