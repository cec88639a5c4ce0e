using System.Net;
using System.Net.Sockets;

namespace Furiosa.Tests.Support;

/// <summary>A wire between two nodes that a test can hold up or cut.</summary>
internal sealed class TcpProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<int> _target;
    private readonly List<Socket> _sockets = [];
    private readonly ManualResetEventSlim _flowing = new(true);
    private long _bytes;
    private volatile bool _isDisposed;

    /// <param name="target">Where it leads, asked for each connection.</param>
    public TcpProxy(Func<int> target)
    {
        _target = target;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Connections made so far.</summary>
    public int Connections
    {
        get { lock (_sockets) return _sockets.Count / 2; }
    }

    /// <summary>Bytes that passed so far, both ways.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>From now on no byte passes, though everything stays open.</summary>
    public void Hold() => _flowing.Reset();

    public void LetGo() => _flowing.Set();

    /// <summary>Closes what is open; new connections pass.</summary>
    public void Cut() => ForEach(static socket => socket.Dispose());

    /// <summary>Ends what is open as a process does that dies: both sides read to the end, and no connection is reset.</summary>
    public void End() => ForEach(static socket => socket.Shutdown(SocketShutdown.Both));

    public void Dispose()
    {
        _isDisposed = true;
        _listener.Stop();
        _flowing.Set();
        Cut();
    }

    private void ForEach(Action<Socket> action)
    {
        lock (_sockets)
        {
            foreach (var socket in _sockets)
            {
                try
                {
                    action(socket);
                }
                catch (Exception error) when (error is SocketException or ObjectDisposedException)
                {
                    // It has ended before.
                }
            }
        }
    }

    private async Task AcceptAsync()
    {
        while (!_isDisposed)
        {
            try
            {
                var near = await _listener.AcceptSocketAsync();
                var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await far.ConnectAsync(IPAddress.Loopback, _target());
                lock (_sockets) _sockets.AddRange([near, far]);
                Pump(near, far);
                Pump(far, near);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // The other side does not listen now, or the test is over.
            }
        }
    }

    private void Pump(Socket from, Socket to) => new Thread(() =>
    {
        var bytes = new byte[64 * 1024];
        try
        {
            while (from.Receive(bytes) is > 0 and var count)
            {
                _flowing.Wait();
                Interlocked.Add(ref _bytes, count);
                for (var sent = 0; sent < count;) sent += to.Send(bytes, sent, count - sent, SocketFlags.None);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
        from.Dispose();
        to.Dispose();
    }) { IsBackground = true, Name = "proxy" }.Start();
}
