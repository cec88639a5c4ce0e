using System.Text.Json;
using Furiosa.Actors.Hosting;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Admin;

/// <summary>The cluster for admins: <c>GET /admin/api/cluster</c>, <c>POST /admin/api/cluster/nodes/NAME/drain</c> and <c>.../undrain</c>.</summary>
internal sealed class ClusterModule : IAdminModule
{
    public void Map(AdminRoutes routes)
    {
        routes.Api.MapGet("/cluster", context => ShowAsync(context, routes.State));
        routes.Api.MapPost("/cluster/nodes/{node}/drain", context => DrainAsync(context, routes.State, drains: true));
        routes.Api.MapPost("/cluster/nodes/{node}/undrain", context => DrainAsync(context, routes.State, drains: false));
    }

    private static async Task ShowAsync(HttpContext context, ServerState state)
    {
        var report = await ClusterOf(state).ReportAsync();
        await JsonResponse.WriteAsync(context, json => Write(json, report));
    }

    private static async Task DrainAsync(HttpContext context, ServerState state, bool drains)
    {
        var node = (string)context.Request.RouteValues["node"]!;
        if (await ClusterOf(state).DrainAsync(node, drains) is { } problem) throw new ApiException(new ApiError(StatusCodes.Status404NotFound, problem, ApiError.InvalidRequest, "node", "node_not_found"));
        await JsonResponse.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("node"u8, node);
            json.WriteString("status"u8, drains ? "draining"u8 : "up"u8);
            json.WriteEndObject();
        });
    }

    private static IClusterView ClusterOf(ServerState state) =>
        state.Runtime?.Cluster ?? throw new ApiException(ApiError.Unavailable("The runtime is still starting.", "loading"));

    private static void Write(Utf8JsonWriter json, ClusterReport report)
    {
        json.WriteStartObject();
        json.WriteStartArray("nodes"u8);
        foreach (var node in report.Nodes)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, node.Name);
            json.WriteString("address"u8, node.Address);
            json.WriteString("role"u8, node.Role);
            json.WriteString("state"u8, node.State);
            json.WriteString("devices"u8, node.Devices);
            json.WriteBoolean("self"u8, node.IsSelf);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("replicas"u8);
        foreach (var replica in report.Replicas)
        {
            json.WriteStartObject();
            json.WriteNumber("index"u8, replica.Index);
            json.WriteString("state"u8, replica.State);
            json.WriteString("home"u8, replica.Home);
            json.WriteStartArray("stages"u8);
            foreach (var stage in replica.Stages) json.WriteStringValue(stage);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("placement"u8);
        foreach (var line in report.Placement) json.WriteStringValue(line);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
