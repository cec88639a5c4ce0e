using Furiosa.Gateway.Configuration;
using Furiosa.Gateway.Health;
using Furiosa.Gateway.Limits;
using Furiosa.Gateway.Observability.Metrics;
using Furiosa.Gateway.OpenAi;
using Furiosa.Gateway.OpenAi.Responses;

namespace Furiosa.Gateway.Hosting;

/// <summary>The HTTP server for clients. It listens before the model is loaded, so that a port in use is known at once and probes see "loading".</summary>
internal sealed class GatewayServer : IAsyncDisposable
{
    private static readonly string[] RateHeaders =
        [.. new[] { "limit", "remaining", "reset" }.SelectMany(what => new[] { $"x-ratelimit-{what}-requests", $"x-ratelimit-{what}-tokens" })];

    private readonly WebApplication _app;

    private GatewayServer(WebApplication app) => _app = app;

    /// <summary>Where it listens, e.g. <c>http://0.0.0.0:8000</c>.</summary>
    public string Address => HttpListening.AddressOf(_app);

    /// <exception cref="ConfigurationException">The address cannot be listened on.</exception>
    public static async Task<GatewayServer> StartAsync(HttpOptions options, ServerState state, KeyRing keys, TimeProvider? clock = null) =>
        new(await HttpListening.StartAsync(
            ListenAddress.ForClients(options),
            state.Loggers,
            static services => services.AddCors(),
            app =>
            {
                MapPipeline(app, options, state, keys);
                MapEndpoints(app, options, state, clock ?? TimeProvider.System);
            },
            options.CertificateFile is null ? null : ServerCertificate.Load(options, clock ?? TimeProvider.System)));

    /// <summary>Stops listening and lets answers under way be sent.</summary>
    public Task StopAsync(CancellationToken cancellation) => _app.StopAsync(cancellation);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static void MapPipeline(WebApplication app, HttpOptions options, ServerState state, KeyRing keys)
    {
        app.Use(state.Observatory.Http.InvokeAsync);
        app.Use(RequestIds.InvokeAsync);
        app.UseCors(policy =>
        {
            policy.AllowAnyHeader().AllowAnyMethod().SetPreflightMaxAge(TimeSpan.FromMinutes(10)).WithExposedHeaders(["X-Request-Id", "Retry-After", "retry-after-ms", "x-should-retry", "traceparent", .. RateHeaders]);
            if (options.AllowedOrigins.Contains("*")) policy.AllowAnyOrigin();
            else policy.WithOrigins([.. options.AllowedOrigins]);
        });
        app.Use(Errors.InvokeAsync);
        app.Use(new ApiKeys(keys).InvokeAsync);
        app.Use(Methods.InvokeAsync);
        app.UseRouting();
    }

    private static void MapEndpoints(WebApplication app, HttpOptions options, ServerState state, TimeProvider clock)
    {
        var bodies = new RequestBodies(options, clock, state.Loggers);
        var runner = new RequestRunner(state, bodies, clock);
        var generation = new GenerationEndpoints(state, bodies, runner, options, clock);
        var tokens = new TokenEndpoints(state, bodies);
        var models = new ModelEndpoints(state);
        app.MapPost("/v1/chat/completions", generation.ChatAsync);
        app.MapPost("/v1/chat/completions/render", new RenderEndpoint(state, bodies).RenderAsync);
        app.MapPost("/v1/completions", generation.CompletionAsync);
        app.MapPost("/v1/embeddings", new EmbeddingEndpoint(runner, clock).EmbedAsync);
        new ResponseEndpoints(runner, bodies, options, state, clock).Map(app);
        app.MapPost("/tokenize", tokens.TokenizeAsync);
        app.MapPost("/detokenize", tokens.DetokenizeAsync);
        app.MapGet("/tokenizer_info", tokens.InfoAsync);
        foreach (var path in UnsupportedEndpoints.Paths) app.MapPost(path, UnsupportedEndpoints.RefuseAsync);
        foreach (var path in UnsupportedEndpoints.AbsentPaths) app.MapPost(path, UnsupportedEndpoints.AbsentAsync);
        app.MapGet("/v1/models", models.ListAsync);
        app.MapGet("/v1/models/{**id}", models.ShowAsync);
        app.MapGet("/version", VersionEndpoint.ShowAsync);
        HealthEndpoints.Map(app, state);
        MetricsEndpoint.Map(app, state.Observatory);
    }
}
