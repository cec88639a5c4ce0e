using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Observability;
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
        routes.Api.MapGet("/requests", context => AdminJson.WriteAsync(context, Listed(state, context)));
        routes.Api.MapGet("/requests/{id}", context => AdminJson.WriteAsync(context, Detail(state, context.Request.RouteValues["id"] as string ?? "")));
    }

    private static JObject Listed(ServerState state, HttpContext context)
    {
        var (limit, before) = ((int)AdminJson.Number(context, "limit", 100, Most), AdminJson.Number(context, "before", long.MaxValue, long.MaxValue));
        var (text, outcome) = (context.Request.Query["text"].ToString(), context.Request.Query["outcome"].ToString());
        if (outcome is not ("" or "running" or "done" or "failed" or "cancelled"))
            throw ApiException.Invalid("outcome", $"'outcome' is '{BodyFields.Shorten(outcome)}': give running, done, failed or cancelled, or leave it out.");
        // One more tells whether there are older ones.
        var found = state.Observatory.Requests.Newest(limit + 1, record => record.Number < before && (outcome.Length == 0 || record.Outcome == outcome) && IsAbout(record, text));
        return new JObject
        {
            ["requests"] = new JArray(found.Take(limit).Select(record => RequestJson.Summary(record, state.Observatory))),
            ["more"] = found.Count > limit,
        };
    }

    private static bool IsAbout(RequestRecord record, string text) =>
        text.Length == 0 || new[] { record.Id, record.Endpoint, record.Client, record.ErrorCode, $"#{record.Number}" }.Any(part => part?.Contains(text, StringComparison.OrdinalIgnoreCase) == true);

    private static JObject Detail(ServerState state, string id)
    {
        var record = state.Observatory.Requests.Find(id)
            ?? throw new ApiException(new ApiError(404, $"There is no request '{BodyFields.Shorten(id)}' among those running and the last {Most} that ended.", ApiError.InvalidRequest, "id", "unknown_request"));
        var detail = RequestJson.Summary(record, state.Observatory);
        detail["prompts"] = new JArray(record.Prompts.Select((prompt, index) => RequestJson.Prompt(record, prompt, index, state)));
        return detail;
    }
}
