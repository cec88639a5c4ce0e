using System.Net;
using System.Net.Sockets;

namespace Furiosa.Tests.Support;

/// <summary>A port that nobody listens at, for what must be told its port before it starts.</summary>
internal static class FreePort
{
    public static int Find()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
