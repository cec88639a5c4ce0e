using System.Globalization;
using Furiosa.Gateway.Admin;
using Furiosa.Gateway.Configuration;

namespace Furiosa.Gateway.Cli;

/// <summary>
/// Where the server of this machine is, for commands that are not told: at the usual ports, or at those that the environment gives to
/// <c>serve</c> (<c>FURIOSA_HTTP__PORT</c>, <c>FURIOSA_ADMIN__PORT</c>).
/// </summary>
internal static class LocalServer
{
    private const int UsualPort = 8000;

    /// <summary>Port of the listener for clients.</summary>
    public static int Port => Read("furiosa.http.port") ?? UsualPort;

    /// <summary>Port of the admin listener, which every role has.</summary>
    public static int AdminPort => Read("furiosa.admin.port") ?? (Port + AdminOptions.PortDistance <= ushort.MaxValue ? Port : UsualPort) + AdminOptions.PortDistance;

    /// <summary>The listener for clients.</summary>
    public static string Url => $"http://127.0.0.1:{Port}";

    /// <summary>The admin listener.</summary>
    public static string AdminUrl => $"http://127.0.0.1:{AdminPort}";

    // What is no port at all is complained of by serve, which owns the variable.
    private static int? Read(string key) =>
        ushort.TryParse(Environment.GetEnvironmentVariable(EnvironmentLayer.NameOf(key)), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0 ? port : null;
}
