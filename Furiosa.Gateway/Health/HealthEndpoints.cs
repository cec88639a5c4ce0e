using System.Text.Json;
using Furiosa.Actors.Hosting;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Health;

/// <summary>
/// <c>GET /health</c> and <c>/health/ready</c>: 200 while new requests are served, else 503. <c>GET /health/live</c>: 200 as long as the
/// process should be left running. Each shows the phases of the start.
/// </summary>
internal sealed class HealthEndpoints
{
    private readonly ServerState _state;

    private HealthEndpoints(ServerState state) => _state = state;

    public static void Map(IEndpointRouteBuilder routes, ServerState state)
    {
        var endpoints = new HealthEndpoints(state);
        routes.MapGet("/health", endpoints.ShowReadyAsync);
        routes.MapGet("/health/ready", endpoints.ShowReadyAsync);
        routes.MapGet("/health/live", endpoints.ShowLiveAsync);
    }

    private Task ShowReadyAsync(HttpContext context)
    {
        var error = WhyNotReady();
        if (error is not null) ErrorEnvelope.SetHead(context, error);
        return JsonResponse.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("status"u8, error is null ? "ok" : _state.Status);
            if (error is not null) ErrorEnvelope.WriteError(json, error);
            if (_state.Health is { } health) WriteCounts(json, health);
            WriteStartup(json, _state.Startup);
            json.WriteEndObject();
        });
    }

    // Only what a new start would cure makes it dead: neither loading nor draining is a reason to end it, nor is a cluster's having given
    // the node up: it joins again by itself.
    private Task ShowLiveAsync(HttpContext context)
    {
        var isDead = _state.Health?.State == RuntimeState.Failed || (_state.Runtime?.Terminated.IsCompleted == true && !_state.IsInACluster);
        if (isDead) context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return JsonResponse.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("status"u8, isDead ? "failed" : "alive");
            WriteStartup(json, _state.Startup);
            json.WriteEndObject();
        });
    }

    private ApiError? WhyNotReady()
    {
        try
        {
            if (!_state.IsDeviceNode) _state.RequireModel();
            else if (_state.Runtime is null) return ApiError.Unavailable("The model is still loading.", "loading");
        }
        catch (ApiException refused)
        {
            return refused.Error;
        }
        return _state.Health!.State == RuntimeState.Serving ? null : ApiError.Unavailable($"No replica serves: the runtime is {_state.Status}.");
    }

    private static void WriteCounts(Utf8JsonWriter json, RuntimeHealth health)
    {
        json.WriteNumber("running"u8, health.RunningRequests);
        json.WriteNumber("waiting"u8, health.WaitingRequests);
        json.WriteNumber("free_kv_blocks"u8, health.FreeKvBlocks);
        json.WriteNumber("cached_kv_blocks"u8, health.CachedKvBlocks);
    }

    /// <summary>The phases of the start as the property <c>startup</c>.</summary>
    public static void WriteStartup(Utf8JsonWriter json, StartupLog startup)
    {
        var begun = startup.Phases();
        json.WriteStartObject("startup"u8);
        json.WriteString("phase"u8, begun.Count == 0 ? "starting" : Name(begun[^1].Phase));
        json.WriteNumber("seconds"u8, Math.Round(startup.Elapsed.TotalSeconds, 3));
        json.WriteStartArray("phases"u8);
        foreach (var phase in Enum.GetValues<StartupPhase>())
        {
            var found = begun.LastOrDefault(one => one.Phase == phase);
            // A server by itself joins no cluster.
            if (found is null && phase == StartupPhase.Cluster) continue;
            json.WriteStartObject();
            json.WriteString("name"u8, Name(phase));
            json.WriteString("state"u8, found is null ? "pending" : found.IsDone ? "done" : "running");
            if (found is not null)
            {
                json.WriteNumber("fraction"u8, found.IsDone ? 1 : found.Fraction);
                json.WriteNumber("seconds"u8, Math.Round(found.Took.TotalSeconds, 3));
                json.WriteString("message"u8, found.Message);
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Name(StartupPhase phase) => phase.ToString().ToLowerInvariant();
}
