using Furiosa.Gateway.Admin.Api;
using Furiosa.Gateway.Health;
using Furiosa.Gateway.Observability.Metrics;
using Furiosa.Gateway.WebConsole;

namespace Furiosa.Gateway.Admin;

/// <summary>What the admin listener consists of; a new feature adds its line here.</summary>
internal static class AdminModules
{
    public static IReadOnlyList<IAdminModule> All { get; } =
    [
        new HealthModule(),
        new MetricsModule(),
        new ClusterModule(),
        new StateModule(),
        new HistoryModule(),
        new RequestsModule(),
        new EventsModule(),
        new LimitsModule(),
        new StreamModule(),
        new ConsoleModule(),
        new PlaygroundModule(),
    ];
}
