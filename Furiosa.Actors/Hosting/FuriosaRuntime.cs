using Furiosa.Device.Execution;

namespace Furiosa.Actors.Hosting;

/// <summary>Starts a runtime in this process.</summary>
public static class FuriosaRuntime
{
    /// <summary>Opens the model, places its PEs and starts the actors; returns when every replica serves.</summary>
    /// <param name="options">The merged configuration.</param>
    /// <param name="progress">Told each phase and each layer that is ready; called from any thread. Null for none.</param>
    /// <param name="cancellation">Ends the start; whatever was started is stopped.</param>
    /// <exception cref="RuntimeConfigurationException">The options, the devices or the model do not fit; one line says which.</exception>
    /// <exception cref="Furiosa.Device.Loading.ModelFormatException">A model file cannot be used.</exception>
    /// <exception cref="RuntimeStartException">A replica cannot be started.</exception>
    public static Task<IFuriosaRuntime> StartAsync(
        RuntimeOptions options, IProgress<StartupProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var notices = new List<string>();
        var heeded = MeshPlacer.Heed(options, notices);
        return new RuntimeStarter(heeded, progress, cancellation) { Notices = notices }.StartAsync(() => ModelOpener.Open(heeded, progress));
    }

    /// <summary>Works out what such a start would take, without packing weights or starting anything.</summary>
    /// <param name="options">The merged configuration.</param>
    /// <exception cref="RuntimeConfigurationException">The options or the devices do not fit the model.</exception>
    /// <exception cref="Furiosa.Device.Loading.ModelFormatException">A model file cannot be used.</exception>
    public static RuntimePlan Plan(RuntimeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return RuntimePlanner.Plan(options);
    }

    /// <summary>The same with another engine behind it. The runtime disposes the host.</summary>
    internal static Task<IFuriosaRuntime> StartAsync(
        RuntimeOptions options, Func<IModelHost> open, IProgress<StartupProgress>? progress = null, CancellationToken cancellation = default) =>
        new RuntimeStarter(options, progress, cancellation).StartAsync(open);
}
