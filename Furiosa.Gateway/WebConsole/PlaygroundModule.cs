using Furiosa.Gateway.Admin;
using Furiosa.Gateway.Admin.Api;
using Furiosa.Gateway.OpenAi;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.WebConsole;

/// <summary>
/// What the console's playground asks: <c>POST /admin/api/v1/chat/completions</c> and <c>GET /admin/api/v1/models</c> are the endpoints
/// of clients, behind the admin key instead of theirs and on the page's own origin, so that the playground works whatever origins and
/// keys clients are held to. <c>GET /admin/api/playground</c> tells where clients ask instead, for the code that it shows.
/// </summary>
internal sealed class PlaygroundModule : IAdminModule
{
    public void Map(AdminRoutes routes)
    {
        // A node without clients' endpoints has no playground.
        if (routes.Clients is not { } clients) return;
        var clock = TimeProvider.System;
        var bodies = new RequestBodies(clients.Options, clock, routes.State.Loggers);
        var generation = new GenerationEndpoints(routes.State, bodies, new RequestRunner(routes.State, bodies, clock), clients.Options, clock);
        routes.Api.MapPost("/v1/chat/completions", generation.ChatAsync);
        routes.Api.MapGet("/v1/models", new ModelEndpoints(routes.State).ListAsync);
        routes.Api.MapGet("/playground", context => AdminJson.WriteAsync(context, new JObject
        {
            ["base_url"] = $"{clients.Address}/v1",
            ["key_required"] = !clients.Keys.IsOpen,
        }));
    }
}
