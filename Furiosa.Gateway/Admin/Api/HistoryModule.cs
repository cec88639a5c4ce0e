using Furiosa.Gateway.Observability;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Admin.Api;

/// <summary><c>GET /admin/api/history</c>: rates and latencies of the last minutes, a point for each second.</summary>
internal sealed class HistoryModule : IAdminModule
{
    private const int Most = 600;

    public void Map(AdminRoutes routes) => routes.Api.MapGet("/history", context => AdminJson.WriteAsync(context, new JObject
    {
        ["points"] = new JArray(routes.State.Observatory.History.Last((int)AdminJson.Number(context, "seconds", 300, Most)).Select(Point)),
    }));

    public static JObject Point(HistoryPoint point) => new()
    {
        ["time"] = AdminJson.Time(point.Time),
        ["prompt_tokens_per_second"] = AdminJson.Round(point.PromptTokens, 2),
        ["generated_tokens_per_second"] = AdminJson.Round(point.GenerationTokens, 2),
        ["requests_per_second"] = AdminJson.Round(point.Requests, 2),
        ["running"] = point.Running,
        ["waiting"] = point.Waiting,
        ["kv_usage"] = AdminJson.Round(point.KvUsage),
        ["first_token_ms"] = Percentiles(point.FirstToken),
        ["inter_token_ms"] = Percentiles(point.InterToken),
    };

    private static JToken Percentiles(double[]? seconds) => seconds is not [var median, var high]
        ? JValue.CreateNull()
        : new JObject { ["p50"] = AdminJson.Round(median * 1000, 2), ["p99"] = AdminJson.Round(high * 1000, 2) };
}
