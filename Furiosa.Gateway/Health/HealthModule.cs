using Furiosa.Gateway.Admin;

namespace Furiosa.Gateway.Health;

/// <summary>Health on the admin listener, at the same paths as for clients.</summary>
internal sealed class HealthModule : IAdminModule
{
    public void Map(AdminRoutes routes)
    {
        HealthEndpoints.Map(routes.Pages, routes.State);
        routes.Pages.MapGet("/version", VersionEndpoint.ShowAsync);
    }
}
