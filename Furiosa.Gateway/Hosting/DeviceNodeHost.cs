using Furiosa.Actors.Hosting;
using Furiosa.Gateway.Admin;
using Furiosa.Gateway.Configuration;
using Furiosa.Gateway.Grammar;
using Furiosa.Gateway.Health;
using Furiosa.Gateway.Logging;
using Furiosa.Gateway.Text;
using Furiosa.Gateway.Text.Tokenizers;
using Furiosa.Gateway.Tracing;

namespace Furiosa.Gateway.Hosting;

/// <summary>
/// A device node: runtime and admin listener, no clients of its own. When the cluster has given it up, because it was stopped or cut off
/// for too long, it joins again as a new node.
/// </summary>
internal sealed class DeviceNodeHost : IAsyncDisposable
{
    private readonly FuriosaSettings _settings;
    private readonly LogSetup _log;
    private readonly IDisposable? _tracing;
    private readonly ServerState _state;
    private readonly AdminServer? _admin;
    private readonly IProgress<StartupProgress>? _progress;
    private IFuriosaRuntime _runtime;

    private DeviceNodeHost(FuriosaSettings settings, LogSetup log, IDisposable? tracing, ServerState state, AdminServer? admin, IFuriosaRuntime runtime, IProgress<StartupProgress>? progress) =>
        (_settings, _log, _tracing, _state, _admin, _runtime, _progress) = (settings, log, tracing, state, admin, runtime, progress);

    /// <summary>Where admins are answered; null when they are not.</summary>
    public string? AdminAddress => _admin?.Address;

    public IFuriosaRuntime Runtime => _runtime;

    /// <summary>Starts it; returns when it is in the cluster.</summary>
    public static async Task<DeviceNodeHost> StartAsync(FuriosaSettings settings, IProgress<StartupProgress>? progress, CancellationToken cancellation)
    {
        var log = new LogSetup(settings.Log);
        settings = settings with { Runtime = settings.Runtime with { Loggers = log.Loggers } };
        var tracing = TracingSetup.Start(settings.Tracing);
        var state = new ServerState(log.Loggers) { IsInACluster = true };
        var admin = await AdminServer.StartAsync(settings.Admin, settings.Http.Port, state);
        try
        {
            var watched = new StartupWatch(state.Startup, progress);
            var runtime = await StartRuntimeAsync(settings, watched, cancellation);
            state.ServeDevices(runtime);
            state.Startup.Finish();
            return new DeviceNodeHost(settings, log, tracing, state, admin, runtime, progress);
        }
        catch
        {
            if (admin is not null) await admin.DisposeAsync();
            tracing?.Dispose();
            log.Dispose();
            throw;
        }
    }

    /// <summary>Runs until it is asked to stop, however often the cluster gives it up.</summary>
    /// <exception cref="RuntimeStartException">The cluster cannot work with this node.</exception>
    public async Task RunAsync(Task whenAsked, CancellationToken asked)
    {
        while (await Task.WhenAny(whenAsked, _runtime.Terminated) != whenAsked)
        {
            await _runtime.Terminated;
            Say("The cluster has given this node up; it joins again as a new one");
            await Rejoin.UntilTakenAsync(async () => _runtime = await StartRuntimeAsync(_settings with { Runtime = _settings.Runtime with { Predecessor = _runtime } }, _progress, asked), Say, asked);
            _state.ServeDevices(_runtime);
        }
        _state.Drain();
        await _runtime.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _runtime.DisposeAsync();
        _state.Stop();
        if (_admin is not null) await _admin.DisposeAsync();
        _state.Dispose();
        _tracing?.Dispose();
        _log.Dispose();
    }

    private void Say(string line) => _progress?.Report(new StartupProgress(StartupPhase.Cluster, line, 1));

    private static Task<IFuriosaRuntime> StartRuntimeAsync(FuriosaSettings settings, IProgress<StartupProgress>? progress, CancellationToken cancellation)
    {
        // Grammars are followed where logits are: a device node needs to know what tokens stand for.
        var options = settings.Runtime with { TokenBytes = () => Vocabulary(TextTokenizer.Load(settings.Runtime.ModelDirectory)) };
        return FuriosaRuntime.StartAsync(options, progress, cancellation);

        static IReadOnlyList<byte[]> Vocabulary(ITextTokenizer tokenizer)
        {
            _ = TokenVocabulary.MeasureLongest(tokenizer);
            return TokenVocabulary.Bytes(tokenizer);
        }
    }
}
