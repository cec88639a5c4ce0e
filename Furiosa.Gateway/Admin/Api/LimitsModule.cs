using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Admin.Api;

/// <summary><c>GET /admin/api/limits</c>: each key's limits and what is left of them at this gateway.</summary>
internal sealed class LimitsModule : IAdminModule
{
    public void Map(AdminRoutes routes) => routes.Api.MapGet("/limits", context => AdminJson.WriteAsync(context, new JObject
    {
        ["other_gateways"] = routes.State.Limiter?.Others ?? 0,
        ["keys"] = new JArray((routes.State.Limiter?.Keys() ?? []).Select(key => new JObject
        {
            ["name"] = key.Name,
            ["weight"] = key.Weight,
            ["requests_per_minute"] = Rate(key.Limits.RequestsPerMinute, key.State.Requests),
            ["tokens_per_minute"] = Rate(key.Limits.TokensPerMinute, key.State.Tokens),
            ["concurrent_requests"] = key.Limits.Concurrent,
            ["running"] = key.State.Running,
            ["running_elsewhere"] = key.RunningElsewhere,
        })),
    }));

    private static JToken Rate(int? limit, double? left) => limit is null || left is null
        ? JValue.CreateNull()
        : new JObject { ["limit"] = limit, ["remaining"] = AdminJson.Round(left.Value, 1) };
}
