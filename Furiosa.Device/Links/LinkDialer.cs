using System.Net.Sockets;

namespace Furiosa.Device.Links;

/// <summary>Opens connections to other nodes.</summary>
public static class LinkDialer
{
    /// <summary>Connects, authenticates and greets.</summary>
    /// <param name="host">The other node's name or address.</param>
    /// <param name="port">The port of its listener.</param>
    /// <param name="hello">What the connection is for.</param>
    /// <param name="secret">The group's secret, 32 bytes.</param>
    /// <param name="certificates">This node's; null for a connection without TLS.</param>
    /// <param name="limits">Bounds.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="IOException">It cannot be connected, is refused, or what is there is not the node meant.</exception>
    public static async Task<LinkConnection> ConnectAsync(
        string host, int port, LinkHello hello, ReadOnlyMemory<byte> secret, ClusterCertificates? certificates, LinkLimits limits, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(limits.Handshake);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, patience.Token).ConfigureAwait(false);
            var stream = await LinkTransport.OpenAsync(socket, certificates, patience.Token).ConfigureAwait(false);
            await LinkHandshake.SendHelloAsync(stream, hello, secret, patience.Token).ConfigureAwait(false);
            await LinkHandshake.ReceiveVerdictAsync(stream, secret, patience.Token).ConfigureAwait(false);
            return new LinkConnection(socket, stream, hello.To, limits);
        }
        catch (Exception error)
        {
            socket.Dispose();
            cancellation.ThrowIfCancellationRequested();
            var what = error is OperationCanceledException ? $"it did not answer within {limits.Handshake.TotalSeconds:0.###} s" : error.Message.ReplaceLineEndings(" ");
            throw new IOException($"{hello.To} cannot be connected at {host}:{port}: {what}", error);
        }
    }
}
