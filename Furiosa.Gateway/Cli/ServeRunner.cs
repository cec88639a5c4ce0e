using Furiosa.Actors.Cluster;
using Furiosa.Actors.Hosting;
using Furiosa.Device.Loading;
using Furiosa.Gateway.Configuration;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Logging;
using Furiosa.Gateway.Text;

namespace Furiosa.Gateway.Cli;

/// <summary>Runs a server from its configuration to its last answer.</summary>
internal static class ServeRunner
{
    /// <returns>0 after a stop that was asked for; 2 for what the admin wrote; 1 for everything else.</returns>
    public static async Task<int> RunAsync(string? configFile, SettingsLayer commandLine)
    {
        using var signals = new StopSignals();
        try
        {
            var sources = new SettingsSources(configFile, Environment.GetEnvironmentVariables(), commandLine);
            var merged = sources.Merge();
            var settings = SettingsLoader.Check(merged);
            var console = settings.Log.Json ? new StartupConsole(new JsonConsole(Console.Out), rich: false) : new StartupConsole(Console.Out, StartupConsole.IsRich());
            foreach (var line in merged.UnknownVariables) console.Line($"Not used: {line}");
            return await ServeAsync(settings, sources, signals, console);
        }
        catch (OperationCanceledException) when (signals.Asked.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception error) when (Explain(error) is { } known)
        {
            foreach (var line in known.Message.Split(Environment.NewLine)) CommandGuard.Complain(line);
            return known.ExitCode;
        }
    }

    private static async Task<int> ServeAsync(FuriosaSettings settings, SettingsSources sources, StopSignals signals, StartupConsole console)
    {
        console.Begin(settings);
        // A gateway without devices may have no weights beside it.
        if (settings.Runtime.Role.HasFlag(NodeRoles.Device))
        {
            var report = ModelReport.Make(settings, ModelDirectory.Open(settings.Runtime.ModelDirectory), null);
            foreach (var line in report.Lines()) console.Line(line);
        }

        if (!settings.Runtime.Role.HasFlag(NodeRoles.Gateway)) return await RunDeviceNodeAsync(settings, signals, console);
        await using var host = await GatewayHost.StartAsync(settings, console, signals.Asked);
        // What reading a large vocabulary leaves behind would stay until many requests have come.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using var reload = new ConfigurationReload(sources, host.Loggers, host.Apply, TimeProvider.System);
        console.Report(host.Runtime.Summary, host.Address, host.AdminAddress);
        while (await Task.WhenAny(signals.WhenAsked, host.Runtime.Terminated) != signals.WhenAsked)
        {
            await host.Runtime.Terminated;
            if (settings.Runtime.Cluster is null) return Failed();
            console.Line("The cluster has given this node up; it joins again as a new one.");
            await Rejoin.UntilTakenAsync(() => host.StartAgainAsync(signals.Asked), console.Line, signals.Asked);
        }
        console.Line($"Stopping: running requests have {settings.Runtime.DrainTimeout.TotalSeconds:F0} s to finish (once more to stop at once).");
        await host.StopAsync();
        console.Line("Stopped.");
        return 0;
    }

    private static async Task<int> RunDeviceNodeAsync(FuriosaSettings settings, StopSignals signals, StartupConsole console)
    {
        await using var host = await DeviceNodeHost.StartAsync(settings, console, signals.Asked);
        if (host.AdminAddress is not null) console.Line($"Admin listener at {host.AdminAddress} (--admin-port)");
        var cluster = settings.Runtime.Cluster!;
        console.Line($"Furiosa device node running on {cluster.Hostname}{(cluster.SeedNodes.Count == 0 ? "" : $" for {string.Join(", ", cluster.SeedNodes)}")} (Press CTRL+C to quit)");
        _ = signals.WhenAsked.ContinueWith(
            _ => console.Line($"Stopping: what runs here goes on at other nodes, or has {settings.Runtime.DrainTimeout.TotalSeconds:F0} s to finish (once more to stop at once)."), TaskScheduler.Default);
        await host.RunAsync(signals.WhenAsked, signals.Asked);
        console.Line("Stopped.");
        return 0;
    }

    private static int Failed()
    {
        CommandGuard.Complain("the runtime has ended by itself; its last log lines say why.");
        return CommandGuard.Failure;
    }

    /// <summary>Everything that the admin can do something about; the rest is a defect and shows its stack.</summary>
    internal static (string Message, int ExitCode)? Explain(Exception error) => error switch
    {
        ConfigurationException wrong => (wrong.Message, wrong.ExitCode),
        RuntimeConfigurationException wrong => (wrong.Message, ConfigurationException.BadUsage),
        RuntimeStartException or ModelFormatException or ModelTextException or ChatTemplateException => (error.Message, CommandGuard.Failure),
        _ => null,
    };
}
