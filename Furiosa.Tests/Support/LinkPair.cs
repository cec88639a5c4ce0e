using System.Net;
using System.Net.Sockets;
using Furiosa.Device.Links;

namespace Furiosa.Tests.Support;

/// <summary>Two ends of one TCP connection on the loopback.</summary>
internal static class LinkPair
{
    public static (Socket Near, Socket Far) Sockets()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        near.Connect(listener.LocalEndPoint!);
        return (near, listener.Accept());
    }

    /// <summary>Links that were not started, without handshake; patient unless told otherwise.</summary>
    public static (LinkConnection Near, LinkConnection Far) Connections(LinkLimits? limits = null)
    {
        var (near, far) = Sockets();
        return (Of(near, limits), Of(far, limits));
    }

    public static LinkConnection Of(Socket socket, LinkLimits? limits = null) =>
        new(socket, new NetworkStream(socket, ownsSocket: true), "peer", limits ?? new LinkLimits { Silence = TimeSpan.FromSeconds(30) });
}
