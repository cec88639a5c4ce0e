using System.Net;
using System.Net.Sockets;

namespace Furiosa.Gateway.Configuration;

/// <summary>Finds the address at which other nodes reach this machine.</summary>
internal static class OwnAddress
{
    private const string Loopback = "127.0.0.1";

    /// <param name="seeds">Nodes to be reached, as <c>host:port</c>.</param>
    /// <returns>The loopback address where all of them are on this machine; else the one that this machine has towards the first.</returns>
    public static string Towards(IEnumerable<string> seeds)
    {
        foreach (var seed in seeds.Select(seed => seed[..seed.LastIndexOf(':')]).Where(seed => !IsLoopback(seed)))
        {
            // Connecting a datagram socket sends nothing: it only picks the way.
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                socket.Connect(Dns.GetHostAddresses(seed, AddressFamily.InterNetwork)[0], 9);
                return ((IPEndPoint)socket.LocalEndPoint!).Address.ToString();
            }
            catch (Exception error) when (error is SocketException or ArgumentException or IndexOutOfRangeException)
            {
                return Dns.GetHostAddresses(Dns.GetHostName(), AddressFamily.InterNetwork).FirstOrDefault(address => !IPAddress.IsLoopback(address))?.ToString() ?? Loopback;
            }
        }
        return Loopback;
    }

    public static bool IsLoopback(string host) => host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
