using Furiosa.Actors.Observation;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Admin.Api;

/// <summary><c>GET /admin/api/events</c>: what happened to nodes, replicas and requests, oldest first.</summary>
internal sealed class EventsModule : IAdminModule
{
    public void Map(AdminRoutes routes) => routes.Api.MapGet("/events", context =>
    {
        var events = routes.State.Runtime?.Journal.After(AdminJson.Number(context, "after", 0, long.MaxValue)) ?? [];
        return AdminJson.WriteAsync(context, new JObject { ["events"] = new JArray(events.Select(Event)) });
    });

    public static JObject Event(RuntimeEvent one) => new()
    {
        ["number"] = one.Number, ["time"] = AdminJson.Time(one.Time), ["kind"] = one.Kind, ["message"] = one.Message,
        ["replica"] = one.Replica, ["node"] = one.Node, ["request_id"] = one.RequestId,
    };
}
