using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Furiosa.Device.Links;

/// <summary>
/// Where other nodes open connections to this one. What is not expected (another cluster's certificate, a wrong secret, a group or epoch that
/// is over, bytes that are no greeting, a greeting that does not come in time) is closed and told.
/// </summary>
public sealed class LinkListener : IDisposable
{
    private readonly Socket _socket;
    private readonly ClusterCertificates? _certificates;
    private readonly LinkLimits _limits;
    private readonly Action<string> _refused;
    private readonly LinkExpectations _expectations = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;

    // Connections that have not greeted yet, oldest first.
    private readonly LinkedList<Greeting> _greetings = [];

    /// <summary>Starts to listen.</summary>
    /// <param name="address">Where; port 0 takes a free one.</param>
    /// <param name="certificates">This node's; null, which only a loopback address may have, takes connections without TLS.</param>
    /// <param name="limits">Bounds.</param>
    /// <param name="refused">Told one line for each connection that was refused, on any thread.</param>
    /// <exception cref="ArgumentException">There are no certificates and the address is not a loopback one.</exception>
    /// <exception cref="SocketException">The address cannot be had.</exception>
    public LinkListener(IPEndPoint address, ClusterCertificates? certificates, LinkLimits limits, Action<string> refused)
    {
        if (certificates is null && !IPAddress.IsLoopback(address.Address))
            throw new ArgumentException($"Data connections at {address.Address} need the cluster's certificates: only a loopback address may do without.", nameof(certificates));
        (_certificates, _limits, _refused) = (certificates, limits, refused);
        _socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _socket.Bind(address);
            _socket.Listen();
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
        Port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>The port it listens at.</summary>
    public int Port { get; }

    /// <summary>Takes one connection of this description and secret, until the returned object is disposed.</summary>
    /// <param name="hello">What it must say.</param>
    /// <param name="secret">What it must know, 32 bytes.</param>
    /// <param name="accepted">Given the connection, on a pool thread; must start or dispose it at once.</param>
    public IDisposable Expect(LinkHello hello, ReadOnlyMemory<byte> secret, Action<LinkConnection> accepted) => _expectations.Add(hello, secret, accepted);

    /// <summary>Stops listening. Connections that were taken stay open.</summary>
    public void Dispose()
    {
        if (_stopping.IsCancellationRequested) return;
        _stopping.Cancel();
        _socket.Dispose();
        _accepting.Wait();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await _socket.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                var greeting = new Greeting(socket, _limits.Handshake);
                MakeRoomFor(greeting);
                _ = Task.Run(() => GreetAsync(greeting));
            }
            catch (SocketException error) when (!_stopping.IsCancellationRequested)
            {
                // A connection that was gone before it was taken, or no descriptor left for it.
                _refused($"A data connection could not be taken: {error.Message}");
                await Task.Delay(_limits.Heartbeat).ConfigureAwait(false);
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    /// <summary>Whoever opens many connections and says nothing keeps nobody out: of too many, the oldest is closed.</summary>
    private void MakeRoomFor(Greeting greeting)
    {
        Greeting? oldest = null;
        lock (_greetings)
        {
            _greetings.AddLast(greeting);
            if (_greetings.Count > _limits.PendingHandshakes) oldest = _greetings.First!.Value;
            if (oldest is not null) _greetings.RemoveFirst();
        }
        oldest?.GiveWay();
    }

    private async Task GreetAsync(Greeting greeting)
    {
        var (socket, patience) = (greeting.Socket, greeting.Patience);
        try
        {
            var stream = await LinkTransport.AcceptAsync(socket, _certificates, patience.Token).ConfigureAwait(false);
            var (hello, secret) = await LinkHandshake.ReceiveHelloAsync(stream, patience.Token).ConfigureAwait(false);
            if (_expectations.Take(hello, secret, out var accepted) is { } reason)
            {
                await LinkHandshake.RefuseAsync(stream, reason, patience.Token).ConfigureAwait(false);
                Refuse(socket, $"{hello.From} was told that {reason}");
                return;
            }
            await LinkHandshake.AcceptAsync(stream, secret, patience.Token).ConfigureAwait(false);
            accepted(new LinkConnection(socket, stream, hello.From, _limits));
        }
        catch (Exception error)
        {
            Refuse(socket, error switch
            {
                OperationCanceledException when greeting.HasGivenWay => $"{_limits.PendingHandshakes} others came before it had greeted",
                OperationCanceledException => $"it did not greet within {_limits.Handshake.TotalSeconds:0.###} s",
                EndOfStreamException => "it was closed before it had greeted",
                AuthenticationException { InnerException: AuthenticationException } => error.Message,
                _ => (error.InnerException ?? error).Message.ReplaceLineEndings(" "),
            });
        }
        finally
        {
            lock (_greetings) _greetings.Remove(greeting);
        }
    }

    private sealed class Greeting(Socket socket, TimeSpan longest)
    {
        private volatile bool _hasGivenWay;

        public Socket Socket { get; } = socket;

        // Not disposed: it may be cancelled when all is over, and holds nothing once its time has passed.
        public CancellationTokenSource Patience { get; } = new(longest);

        public bool HasGivenWay => _hasGivenWay;

        public void GiveWay()
        {
            _hasGivenWay = true;
            Patience.Cancel();
        }
    }

    private void Refuse(Socket socket, string reason)
    {
        string remote;
        try
        {
            remote = $"{socket.RemoteEndPoint}";
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            remote = "a node that has gone";
        }
        socket.Dispose();
        _refused($"A data connection from {remote} was refused: {reason}");
    }
}
