using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.OpenAi;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Admin.Api;

/// <summary><c>GET /admin/api/requests</c>: those that run and the last ones that ended; <c>/requests/{id}</c>: one with its waterfall.</summary>
internal sealed class RequestsModule : IAdminModule
{
    private const int Most = 500;

    public void Map(AdminRoutes routes)
    {
        var state = routes.State;
        routes.Api.MapGet("/requests", context => AdminJson.WriteAsync(context, new JObject
        {
            ["requests"] = new JArray(state.Observatory.Requests.Newest((int)AdminJson.Number(context, "limit", 100, Most)).Select(record => RequestJson.Summary(record, state.Observatory))),
        }));
        routes.Api.MapGet("/requests/{id}", context => AdminJson.WriteAsync(context, Detail(state, context.Request.RouteValues["id"] as string ?? "")));
    }

    private static JObject Detail(ServerState state, string id)
    {
        var record = state.Observatory.Requests.Find(id)
            ?? throw new ApiException(new ApiError(404, $"There is no request '{BodyFields.Shorten(id)}' among those running and the last {Most} that ended.", ApiError.InvalidRequest, "id", "unknown_request"));
        var detail = RequestJson.Summary(record, state.Observatory);
        detail["prompts"] = new JArray(record.Prompts.Select((prompt, index) => RequestJson.Prompt(record, prompt, index, state)));
        return detail;
    }
}
