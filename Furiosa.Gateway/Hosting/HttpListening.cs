using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Furiosa.Gateway.Configuration;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Furiosa.Gateway.Hosting;

/// <summary>Starts Kestrel on one address, with nothing that was not asked for.</summary>
internal static class HttpListening
{
    /// <param name="address">Where.</param>
    /// <param name="loggers">Where the server's own log goes.</param>
    /// <param name="addServices">Registers what the endpoints need.</param>
    /// <param name="map">Sets up the pipeline and the endpoints.</param>
    /// <param name="certificate">What HTTPS is served with; null for HTTP in clear.</param>
    /// <exception cref="AddressTakenException">Another program listens there.</exception>
    /// <exception cref="ConfigurationException">The address cannot be listened on.</exception>
    public static async Task<WebApplication> StartAsync(
        ListenAddress address, ILoggerFactory loggers, Action<IServiceCollection> addServices, Action<WebApplication> map, ServerCertificate? certificate = null)
    {
        var app = Build(address, loggers, addServices, certificate);
        try
        {
            map(app);
            await app.StartAsync();
            return app;
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            await app.DisposeAsync();
            throw Explain(address, error);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where it listens, e.g. <c>http://0.0.0.0:8000</c>.</summary>
    public static string AddressOf(WebApplication app) => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    private static WebApplication Build(ListenAddress address, ILoggerFactory loggers, Action<IServiceCollection> addServices, ServerCertificate? certificate)
    {
        var endpoint = Resolve(address);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, OwnLifetime>();
        addServices(builder.Services);
        // Shared with the rest of the process, which disposes it.
        builder.Services.AddSingleton(loggers);
        // Where the system says that a socket is ready is a thread of the pool already: what follows need not go to another one.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Bodies are bounded where they are read, in size and time, with an answer that the client can read.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Listen(endpoint, listen => Secure(listen, certificate));
        });
        return builder.Build();
    }

    // HTTP/2 needs TLS, where clients and server agree on it: in clear there is HTTP/1.1 only.
    private static void Secure(ListenOptions listen, ServerCertificate? certificate)
    {
        listen.Protocols = certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
        if (certificate is null) return;
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = certificate.Current }),
        });
    }

    /// <summary>The address by number.</summary>
    /// <exception cref="ConfigurationException">The name is of no machine.</exception>
    public static IPEndPoint Resolve(ListenAddress wanted)
    {
        if (IPAddress.TryParse(wanted.Host, out var address)) return new IPEndPoint(address, wanted.Port);
        try
        {
            var addresses = Dns.GetHostAddresses(wanted.Host);
            var found = addresses.FirstOrDefault(candidate => candidate.AddressFamily == AddressFamily.InterNetwork) ?? addresses.FirstOrDefault();
            if (found is not null) return new IPEndPoint(found, wanted.Port);
        }
        catch (Exception error) when (error is SocketException or ArgumentException)
        {
            // Said below in our own words.
        }
        throw new ConfigurationException($"{wanted.HostOption} {wanted.Host} is not an address of this machine; use 0.0.0.0 for all of them or 127.0.0.1 for this machine only.");
    }

    private static ConfigurationException Explain(ListenAddress address, Exception error) => error.InnerException is AddressInUseException
        ? new AddressTakenException($"Port {address.Port} on {address.Host} is in use; choose another with {address.PortOption}.")
        : new ConfigurationException($"Cannot listen on {address.Host}:{address.Port}: {error.GetBaseException().Message}. Check {address.HostOption} and {address.PortOption}.", exitCode: 1);

    /// <summary>Signals are the command line's business, which drains before it stops the server.</summary>
    private sealed class OwnLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
