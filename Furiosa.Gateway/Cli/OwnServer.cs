using Furiosa.Actors.Hosting;
using Furiosa.Gateway.Configuration;
using Furiosa.Gateway.Hosting;

namespace Furiosa.Gateway.Cli;

/// <summary>A whole server of this process on a free loopback port, for commands that measure one without being given one.</summary>
internal static class OwnServer
{
    /// <param name="model">The model; null for the bundled one.</param>
    /// <param name="settings">Further settings by key; null values are left out.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <exception cref="ConfigurationException">The model or a setting cannot be used; the message says why.</exception>
    public static async Task<GatewayHost> StartAsync(string? model, IEnumerable<(string Key, string? Value, string Option)> settings, CancellationToken cancellation)
    {
        var layer = new SettingsLayer();
        foreach (var (key, value, option) in settings.Prepend(("furiosa.model", model, "MODEL")))
        {
            if (value is not null) layer.Set(key, value, option);
        }
        layer.Set("furiosa.http.host", "127.0.0.1", "bench");
        layer.Set("furiosa.http.port", "0", "bench");
        layer.Set("furiosa.admin.port", "off", "bench");
        // What is measured is told; a line for each request would drown it, and spoil JSON.
        layer.Set("furiosa.log.level", "error", "bench");
        try
        {
            return await GatewayHost.StartAsync(SettingsLoader.Load(null, Environment.GetEnvironmentVariables(), layer), new Lines(), cancellation);
        }
        catch (Exception error) when (ServeRunner.Explain(error) is { } known)
        {
            throw new ConfigurationException(known.Message, known.ExitCode);
        }
    }

    private sealed class Lines : IProgress<StartupProgress>
    {
        public void Report(StartupProgress value)
        {
            if (!Console.IsErrorRedirected) Console.Error.WriteLine(value.Message);
        }
    }
}
