using System.Text;
using Furiosa.Gateway.Admin;

namespace Furiosa.Gateway.Observability.Metrics;

/// <summary><c>GET /metrics</c> in the text format of Prometheus; open to whoever reaches the listener, as dashboards expect.</summary>
internal static class MetricsEndpoint
{
    public const string Path = "/metrics";

    public static void Map(IEndpointRouteBuilder routes, Observatory observatory) => routes.MapGet(Path, async context =>
    {
        using var text = new MemoryStream();
        await observatory.Http.Registry.CollectAndExportAsTextAsync(text, context.RequestAborted);
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        var body = Encoding.UTF8.GetBytes(ColonNames.Show(Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length)));
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    });
}

/// <summary>Metrics on the admin listener too.</summary>
internal sealed class MetricsModule : IAdminModule
{
    public void Map(AdminRoutes routes) => MetricsEndpoint.Map(routes.Pages, routes.State.Observatory);
}
