using Furiosa.Gateway.Admin;

namespace Furiosa.Gateway.Hosting;

/// <summary>An address to listen on, and the options that set it, for complaints.</summary>
/// <param name="Host">A name or number of this machine.</param>
/// <param name="Port">0 lets the system choose.</param>
/// <param name="HostOption">E.g. <c>--host</c>.</param>
/// <param name="PortOption">E.g. <c>--port</c>.</param>
internal sealed record ListenAddress(string Host, int Port, string HostOption, string PortOption)
{
    /// <summary>Where clients are answered.</summary>
    public static ListenAddress ForClients(HttpOptions options) => new(options.Host, options.Port, "--host", "--port");

    /// <summary>Where admins are.</summary>
    public static ListenAddress ForAdmins(AdminOptions options, int port) => new(options.Host, port, "--admin-host", "--admin-port");
}
