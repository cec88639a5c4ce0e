using Furiosa.Gateway.Hosting;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Admin.Api;

/// <summary>
/// <c>GET /admin/api/stream</c>: server-sent events, one <c>tick</c> a second with the picture, the newest point, the newest requests and
/// the events since the last tick.
/// </summary>
internal sealed class StreamModule : IAdminModule
{
    private const int MostStreams = 32;
    private const int MostRequests = 50;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private int _open;

    public void Map(AdminRoutes routes) => routes.Api.MapGet("/stream", context => RunAsync(context, routes.State));

    private async Task RunAsync(HttpContext context, ServerState state)
    {
        if (Interlocked.Increment(ref _open) > MostStreams)
        {
            Interlocked.Decrement(ref _open);
            throw new OpenAi.ApiException(OpenAi.ApiError.Unavailable($"{MostStreams} streams are open already.", "overloaded"));
        }
        try
        {
            context.Response.ContentType = "text/event-stream; charset=utf-8";
            context.Response.Headers.CacheControl = "no-store";
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, state.Stopping);
            var last = 0L;
            using var timer = new PeriodicTimer(Interval);
            do
            {
                (var tick, last) = await TickAsync(state, last);
                await context.Response.WriteAsync($"event: tick\ndata: {tick.ToString(Formatting.None)}\n\n", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
            while (await timer.WaitForNextTickAsync(ended.Token));
        }
        catch (OperationCanceledException)
        {
            // The console was closed, or the server stops.
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private static async Task<(JObject Tick, long Last)> TickAsync(ServerState state, long last)
    {
        var events = state.Runtime?.Journal.After(last) ?? [];
        if (events.Count > 0) last = events[^1].Number;
        var tick = await StateModule.PictureAsync(state);
        tick["point"] = state.Observatory.History.Last(1) is [var point] ? HistoryModule.Point(point) : null;
        tick["requests"] = new JArray(state.Observatory.Requests.Newest(MostRequests).Select(record => RequestJson.Summary(record, state.Observatory)));
        tick["events"] = new JArray(events.Select(EventsModule.Event));
        return (tick, last);
    }
}
