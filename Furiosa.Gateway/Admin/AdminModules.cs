using Furiosa.Gateway.Health;

namespace Furiosa.Gateway.Admin;

/// <summary>What the admin listener consists of; a new feature adds its line here.</summary>
internal static class AdminModules
{
    public static IReadOnlyList<IAdminModule> All { get; } =
    [
        new HealthModule(),
        new ClusterModule(),
    ];
}
