using Furiosa.Actors.Hosting;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Health;

/// <summary><c>GET /health</c>: 200 while new requests are served, else 503.</summary>
internal sealed class HealthEndpoint(ServerState state)
{
    public Task ShowAsync(HttpContext context)
    {
        state.RequireModel();
        var health = state.Health!;
        if (health.State != RuntimeState.Serving)
            throw new ApiException(ApiError.Unavailable($"No replica serves: the runtime is {health.State.ToString().ToLowerInvariant()}."));
        return JsonResponse.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("status"u8, "ok"u8);
            json.WriteNumber("running"u8, health.RunningRequests);
            json.WriteNumber("waiting"u8, health.WaitingRequests);
            json.WriteNumber("free_kv_blocks"u8, health.FreeKvBlocks);
            json.WriteNumber("cached_kv_blocks"u8, health.CachedKvBlocks);
            json.WriteEndObject();
        });
    }
}
