using Furiosa.Gateway.Configuration;
using Furiosa.Gateway.Hosting;

namespace Furiosa.Gateway.Admin;

/// <summary>The HTTP server for admins, with an address of its own so that clients cannot reach it by accident.</summary>
internal sealed class AdminServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private AdminServer(WebApplication app) => _app = app;

    /// <summary>Where it listens, e.g. <c>http://127.0.0.1:18000</c>.</summary>
    public string Address => HttpListening.AddressOf(_app);

    /// <summary>Starts it; null when it is switched off.</summary>
    /// <param name="options">Where and for whom.</param>
    /// <param name="mainPort">The port that clients use, as it was configured.</param>
    /// <param name="state">What the server can do now.</param>
    /// <param name="clients">Where clients are answered; null where they are not.</param>
    /// <exception cref="ConfigurationException">The address cannot be listened on.</exception>
    public static async Task<AdminServer?> StartAsync(AdminOptions options, int mainPort, ServerState state, ClientListener? clients = null)
    {
        if (!options.Enabled) return null;
        var port = options.FirstPort(mainPort);
        try
        {
            return new AdminServer(await StartAsync(options, ListenAddress.ForAdmins(options, port), state, clients));
        }
        catch (AddressTakenException) when (options.Port is null && port != 0)
        {
            // Nobody asked for this very port: a second server on the machine must not fail for it.
            return new AdminServer(await StartAsync(options, ListenAddress.ForAdmins(options, 0), state, clients));
        }
    }

    public Task StopAsync(CancellationToken cancellation) => _app.StopAsync(cancellation);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static Task<WebApplication> StartAsync(AdminOptions options, ListenAddress address, ServerState state, ClientListener? clients) =>
        HttpListening.StartAsync(address, state.Loggers, static _ => { }, app =>
        {
            app.Use(RequestIds.InvokeAsync);
            app.Use(Errors.InvokeAsync);
            app.Use(new AdminDoor(options.Key).InvokeAsync);
            var routes = new AdminRoutes(app.MapGroup(AdminDoor.ApiPath), app, state, clients);
            foreach (var module in AdminModules.All) module.Map(routes);
        });
}
