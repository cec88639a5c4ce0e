using System.Net;
using System.Net.Sockets;
using Furiosa.Gateway.Configuration;
using Furiosa.Gateway.Health;
using Furiosa.Gateway.OpenAi;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Furiosa.Gateway.Hosting;

/// <summary>The HTTP server. It listens before the model is loaded, so that a port in use is known at once and probes see "loading".</summary>
internal sealed class GatewayServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GatewayServer(WebApplication app, ServerState state)
    {
        _app = app;
        State = state;
    }

    public ServerState State { get; }

    /// <summary>Where it listens, e.g. <c>http://0.0.0.0:8000</c>.</summary>
    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <exception cref="ConfigurationException">The address cannot be listened on.</exception>
    public static async Task<GatewayServer> StartAsync(HttpOptions options, TimeProvider? clock = null)
    {
        var state = new ServerState();
        var app = Build(options, state, clock ?? TimeProvider.System);
        try
        {
            await app.StartAsync();
            return new GatewayServer(app, state);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            await app.DisposeAsync();
            throw new ConfigurationException(Explain(options, error), exitCode: 1);
        }
    }

    /// <summary>Stops listening and lets answers under way be sent.</summary>
    public Task StopAsync(CancellationToken cancellation) => _app.StopAsync(cancellation);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static WebApplication Build(HttpOptions options, ServerState state, TimeProvider clock)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.AddCors();
        builder.Services.AddSingleton<IHostLifetime, OwnLifetime>();
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning)
            // A start that fails is told by whoever asked for it, in one line; the host would log its whole stack as well.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Bodies are bounded where they are read, with an answer that the client can read.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(AddressOf(options));
        });
        var app = builder.Build();
        MapPipeline(app, options);
        MapEndpoints(app, options, state, clock);
        return app;
    }

    private static void MapPipeline(WebApplication app, HttpOptions options)
    {
        var keys = new ApiKeys(options.ApiKeys);
        app.Use(RequestIds.InvokeAsync);
        app.UseCors(policy =>
        {
            policy.AllowAnyHeader().AllowAnyMethod().WithExposedHeaders("X-Request-Id", "Retry-After", "retry-after-ms");
            if (options.AllowedOrigins.Contains("*")) policy.AllowAnyOrigin();
            else policy.WithOrigins([.. options.AllowedOrigins]);
        });
        app.Use(Errors.InvokeAsync);
        app.Use(keys.InvokeAsync);
    }

    private static void MapEndpoints(WebApplication app, HttpOptions options, ServerState state, TimeProvider clock)
    {
        var bodies = new RequestBodies(options, clock);
        var generation = new GenerationEndpoints(state, bodies, clock);
        var tokens = new TokenEndpoints(state, bodies);
        var models = new ModelEndpoints(state);
        app.MapPost("/v1/chat/completions", generation.ChatAsync);
        app.MapPost("/v1/completions", generation.CompletionAsync);
        app.MapPost("/tokenize", tokens.TokenizeAsync);
        app.MapPost("/detokenize", tokens.DetokenizeAsync);
        app.MapGet("/v1/models", models.ListAsync);
        app.MapGet("/v1/models/{**id}", models.ShowAsync);
        app.MapGet("/health", new HealthEndpoint(state).ShowAsync);
        app.MapGet("/version", VersionEndpoint.ShowAsync);
    }

    private static IPEndPoint AddressOf(HttpOptions options)
    {
        if (IPAddress.TryParse(options.Host, out var address)) return new IPEndPoint(address, options.Port);
        try
        {
            var addresses = Dns.GetHostAddresses(options.Host);
            var found = addresses.FirstOrDefault(candidate => candidate.AddressFamily == AddressFamily.InterNetwork) ?? addresses.FirstOrDefault();
            if (found is not null) return new IPEndPoint(found, options.Port);
        }
        catch (Exception error) when (error is SocketException or ArgumentException)
        {
            // Said below in our own words.
        }
        throw new ConfigurationException($"--host {options.Host} is not an address of this machine; use 0.0.0.0 for all of them or 127.0.0.1 for this machine only.");
    }

    private static string Explain(HttpOptions options, Exception error) => error.InnerException is AddressInUseException
        ? $"Port {options.Port} on {options.Host} is in use; choose another with --port."
        : $"Cannot listen on {options.Host}:{options.Port}: {error.GetBaseException().Message}. Check --host and --port.";

    /// <summary>Signals are the command line's business, which drains before it stops the server.</summary>
    private sealed class OwnLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
