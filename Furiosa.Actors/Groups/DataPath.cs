using System.Net;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Links;

namespace Furiosa.Actors.Groups;

/// <summary>A node's side of all data connections: it listens for other nodes and opens connections to them.</summary>
internal sealed class DataPath : IDisposable
{
    private readonly DataPathOptions _options;
    private readonly LinkListener _listener;

    private DataPath(DataPathOptions options, Action<string> refused)
    {
        _options = options;
        _listener = new LinkListener(options.Bind, options.Certificates, options.Limits, refused);
        Endpoint = new DataEndpoint(options.AdvertisedHost, options.AdvertisedPort ?? _listener.Port);
    }

    /// <summary>The port it listens at.</summary>
    public int ListenPort => _listener.Port;

    /// <summary>Where others reach this node.</summary>
    public DataEndpoint Endpoint { get; }

    /// <summary>Bounds of time.</summary>
    public LinkLimits Limits => _options.Limits;

    /// <summary>Listens.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="refused">Told one line for each connection that was refused, on any thread.</param>
    /// <exception cref="ArgumentException">There are no certificates, and the address is not a loopback one.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The address cannot be had.</exception>
    public static DataPath Start(DataPathOptions options, Action<string> refused) => new(options, refused);

    public IDisposable Expect(LinkHello hello, ReadOnlyMemory<byte> secret, Action<LinkConnection> accepted) => _listener.Expect(hello, secret, accepted);

    public Task<LinkConnection> ConnectAsync(DataEndpoint endpoint, LinkHello hello, ReadOnlyMemory<byte> secret, CancellationToken cancellation) =>
        LinkDialer.ConnectAsync(endpoint.Host, endpoint.Port, hello, secret, _options.Certificates, _options.Limits, cancellation);

    public void Dispose() => _listener.Dispose();
}

/// <summary>How a node takes part in data connections.</summary>
/// <param name="Bind">Where it listens; port 0 takes a free one.</param>
/// <param name="AdvertisedHost">The name or address by which other nodes reach it.</param>
/// <param name="Certificates">The cluster's; null only on a loopback address. Not disposed.</param>
internal sealed record DataPathOptions(IPEndPoint Bind, string AdvertisedHost, ClusterCertificates? Certificates)
{
    /// <summary>The port by which other nodes reach it; null where that is the one it listens at.</summary>
    public int? AdvertisedPort { get; init; }

    /// <summary>Bounds of time.</summary>
    public LinkLimits Limits { get; init; } = new();
}
