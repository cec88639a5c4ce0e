using System.Net;

namespace Furiosa.Gateway.Admin;

/// <summary>Where admins are answered, apart from clients, and whom.</summary>
internal sealed record AdminOptions
{
    /// <summary>What the automatic port lies above the main one: far enough that servers side by side (8000, 8001) never meet.</summary>
    public const int PortDistance = 10_000;

    private const int LastPort = 65_535;

    /// <summary>False for no admin listener at all.</summary>
    public bool Enabled { get; init; } = true;

    public string Host { get; init; } = "127.0.0.1";

    /// <summary>0 lets the system choose; null for <see cref="PortDistance"/> above the main port, or the system's choice where that is taken.</summary>
    public int? Port { get; init; }

    /// <summary>What admins must show as a bearer key; null for none, which only the loopback address allows.</summary>
    public string? Key { get; init; }

    /// <summary>Whether nobody beyond this machine can reach it.</summary>
    public bool IsLocal => Host == "localhost" || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>The port to try first.</summary>
    public int FirstPort(int mainPort) => Port ?? (mainPort == 0 || mainPort + PortDistance > LastPort ? 0 : mainPort + PortDistance);
}
