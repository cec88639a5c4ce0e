using System.Security.Cryptography;
using System.Text;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Usage;
using Furiosa.Device.Artifacts;
using Furiosa.Device.Loading;
using Furiosa.Gateway.Admin;
using Furiosa.Gateway.Configuration;
using Furiosa.Gateway.Grammar;
using Furiosa.Gateway.Health;
using Furiosa.Gateway.Limits;
using Furiosa.Gateway.Logging;
using Furiosa.Gateway.Text;
using Furiosa.Gateway.Tracing;

namespace Furiosa.Gateway.Hosting;

/// <summary>Starts a runtime; <see cref="FuriosaRuntime.StartAsync"/> but in tests.</summary>
internal delegate Task<IFuriosaRuntime> StartRuntime(RuntimeOptions options, IProgress<StartupProgress>? progress, CancellationToken cancellation);

/// <summary>A whole server: HTTP, text and runtime, in one process.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    // What is given to answers that the runtime has just ended, to reach their clients.
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(5);

    // Requests that a replica may have in its own queue, which is first come, first served: the others wait where turns are given.
    private const int WaitingPerReplica = 8;

    // How many replicas a cluster has is not known at the start, and changes.
    private const int ReplicasOfACluster = 4;

    private readonly LogSetup _log;
    private readonly IDisposable? _tracing;
    private readonly ServerState _state;
    private readonly KeyRing _keys;
    private readonly GatewayServer _server;
    private readonly AdminServer? _admin;

    private readonly Func<IFuriosaRuntime, CancellationToken, Task<(IFuriosaRuntime, ServingModel)>> _startRuntime;
    private readonly Lock _replacing = new();
    private (string Policy, string Profile) _routing;

    private GatewayHost(
        LogSetup log, IDisposable? tracing, ServerState state, KeyRing keys, GatewayServer server, AdminServer? admin,
        Func<IFuriosaRuntime, CancellationToken, Task<(IFuriosaRuntime, ServingModel)>> startRuntime, (IFuriosaRuntime Runtime, ServingModel Model) started,
        (string Policy, string Profile) routing)
    {
        (_log, _tracing, _state, _keys, _server, _admin, _startRuntime) = (log, tracing, state, keys, server, admin, startRuntime);
        (Runtime, Model) = started;
        _routing = routing;
    }

    public IFuriosaRuntime Runtime { get; private set; }

    public ServingModel Model { get; private set; }

    /// <summary>Where its log goes.</summary>
    public ILoggerFactory Loggers => _log.Loggers;

    /// <summary>Where it listens, e.g. <c>http://0.0.0.0:8000</c>.</summary>
    public string Address => _server.Address;

    /// <summary>Where admins are answered; null when they are not.</summary>
    public string? AdminAddress => _admin?.Address;

    /// <summary>Starts everything; returns when requests are served.</summary>
    /// <exception cref="ConfigurationException">It cannot listen.</exception>
    /// <exception cref="RuntimeConfigurationException">The options do not fit the model or the devices.</exception>
    /// <exception cref="RuntimeStartException">A replica cannot be started.</exception>
    /// <exception cref="ModelFormatException">A model file cannot be used.</exception>
    /// <exception cref="ModelTextException">The tokenizer's files cannot be used.</exception>
    /// <exception cref="ChatTemplateException">The chat template does not parse.</exception>
    public static async Task<GatewayHost> StartAsync(
        FuriosaSettings settings, IProgress<StartupProgress>? progress = null, CancellationToken cancellation = default, StartRuntime? starter = null)
    {
        var log = new LogSetup(settings.Log);
        var tracing = TracingSetup.Start(settings.Tracing);
        var state = new ServerState(log.Loggers) { IsInACluster = settings.Runtime.Cluster is not null };
        var keys = new KeyRing(settings.Keys);
        var watched = new StartupWatch(state.Startup, progress);
        GatewayServer? server = null;
        AdminServer? admin = null;
        try
        {
            server = await GatewayServer.StartAsync(settings.Http, state, keys);
            admin = await AdminServer.StartAsync(settings.Admin, settings.Http.Port, state, new ClientListener(server.Address, settings.Http, keys));
            var text = Task.Run(() => ModelText.Load(settings), cancellation);
            var usage = new UsageLedger(TimeProvider.System);
            settings = settings with { Runtime = settings.Runtime with { Loggers = log.Loggers, Usage = usage } };
            var started = await StartRuntimeAsync(settings, text, watched, starter ?? FuriosaRuntime.StartAsync, cancellation);
            state.Serve(started.Model, started.Runtime, NewLimiter(settings, keys, usage, started.Runtime));
            state.Startup.Finish();
            state.Observatory.Begin(state, started.Model.Name, settings.Log.Statistics);
            return new GatewayHost(
                log, tracing, state, keys, server, admin,
                (earlier, again) => StartRuntimeAsync(settings with { Runtime = settings.Runtime with { Predecessor = earlier } }, text, progress, starter ?? FuriosaRuntime.StartAsync, again),
                started, RoutingOf(settings));
        }
        catch
        {
            if (admin is not null) await admin.DisposeAsync();
            if (server is not null) await server.DisposeAsync();
            state.Dispose();
            tracing?.Dispose();
            log.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Starts another runtime in the place of one that has ended because the cluster had given it up. The requests of that one go on.
    /// </summary>
    public async Task StartAgainAsync(CancellationToken cancellation)
    {
        (Runtime, Model) = await _startRuntime(Runtime, cancellation);
        Runtime.Route(_routing.Policy, _routing.Profile);
        lock (_replacing) _state.Serve(Model with { DefaultTemplateArguments = _state.Model?.DefaultTemplateArguments }, Runtime, _state.Limiter!);
        _state.Observatory.Follow(Runtime);
    }

    private static async Task<(IFuriosaRuntime Runtime, ServingModel Model)> StartRuntimeAsync(
        FuriosaSettings settings, Task<ModelText> text, IProgress<StartupProgress>? progress, StartRuntime starter, CancellationToken cancellation)
    {
        var options = settings.Runtime with { TokenBytes = () => TokenVocabulary.Bytes(text.GetAwaiter().GetResult().Tokenizer) };
        IFuriosaRuntime runtime;
        try
        {
            runtime = await starter(options, progress, cancellation);
        }
        catch
        {
            await text.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }
        try
        {
            return (runtime, Join(settings, runtime, await text));
        }
        catch
        {
            await runtime.DisposeAsync();
            throw;
        }
    }

    /// <summary>Refuses new requests from now on; running ones go on.</summary>
    public void BeginDrain() => _state.Drain();

    /// <summary>Refuses new requests, lets running ones finish up to the drain time-out, then stops.</summary>
    public async Task StopAsync()
    {
        BeginDrain();
        await Runtime.StopAsync();
        _state.Stop();
        using var timeout = new CancellationTokenSource(SendTimeout);
        await _server.StopAsync(timeout.Token);
        if (_admin is not null) await _admin.StopAsync(timeout.Token);
    }

    public async ValueTask DisposeAsync()
    {
        BeginDrain();
        await Runtime.DisposeAsync();
        _state.Stop();
        await _server.DisposeAsync();
        if (_admin is not null) await _admin.DisposeAsync();
        _state.Dispose();
        _tracing?.Dispose();
        _log.Dispose();
    }

    /// <summary>Puts those settings into force that can change while serving.</summary>
    public void Apply(FuriosaSettings settings)
    {
        _log.SetLevels(settings.Log.Levels);
        _keys.Replace(settings.Keys);
        _state.Limiter!.Replace(settings.Limits);
        // Another way begins without what this one knows of prompts.
        if (RoutingOf(settings) is var routing && routing != _routing) Runtime.Route(routing.Policy, routing.Profile);
        _routing = routing;
        lock (_replacing) _state.Replace(_state.Model! with { DefaultTemplateArguments = settings.DefaultTemplateArguments });
    }

    private static (string Policy, string Profile) RoutingOf(FuriosaSettings settings) => (settings.Runtime.RoutingPolicy, settings.Runtime.ScoringProfile);

    private static Limiter NewLimiter(FuriosaSettings settings, KeyRing keys, UsageLedger usage, IFuriosaRuntime runtime) => new(
        settings.Limits, keys, usage, new FairQueue(WaitingPerReplica * (runtime.Summary.DataParallel is 0 ? ReplicasOfACluster : runtime.Summary.DataParallel), settings.Runtime.MaxQueuedRequests), TimeProvider.System);

    private static ServingModel Join(FuriosaSettings settings, IFuriosaRuntime runtime, ModelText text) => new()
    {
        Name = settings.ServedModelName,
        RefuseUnknownNames = settings.RefuseUnknownModels,
        Created = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(),
        Tokenizer = text.Tokenizer,
        Template = text.Template,
        TemplateSource = text.TemplateSource,
        ContentFormat = ContentFormats.Resolve(settings.ChatContentFormat, text.TemplateSource ?? ""),
        TokenizerConfig = text.TokenizerConfig,
        DefaultTemplateArguments = settings.DefaultTemplateArguments,
        AutoToolChoice = settings.Parsing.AutoToolChoice,
        ToolCallParser = text.ToolCallParser,
        ReasoningParser = text.ReasoningParser,
        WritesHarmony = text.WritesHarmony && text.ReasoningParser is null,
        Defaults = text.Defaults,
        LongestTokenBytes = text.LongestTokenBytes,
        PromptsAtOnce = Math.Clamp(settings.Runtime.MaxQueuedRequests, 1, 64),
        HiddenSize = runtime.Summary.HiddenSize,
        Pooling = settings.EmbeddingPooling == "last" ? PromptPooling.Last : PromptPooling.Mean,
        MaxModelLen = runtime.Summary.MaxModelLen,
        VocabularySize = runtime.Summary.VocabularySize,
        ResponseRole = settings.ResponseRole,
        Fingerprint = Fingerprint(settings.Runtime),
        Client = runtime.Client,
        Materializer = runtime.Materializer,
    };

    /// <summary>Differs where answers may: model, version, and how weights, keys and values are kept and multiplied.</summary>
    private static string Fingerprint(RuntimeOptions runtime)
    {
        var cache = runtime.KvCacheDtype == "auto" ? "float32" : runtime.KvCacheDtype;
        var artifact = ArtifactManifest.Read(runtime.ModelDirectory)?.Fingerprint;
        if (artifact is { Length: >= 10 } && cache == "float32") return "fp_" + artifact[..10];
        var config = Encoding.UTF8.GetBytes(ModelDirectory.Open(runtime.ModelDirectory).ReadJson(ModelDirectory.ConfigFile).GetRawText());
        var digest = SHA256.HashData([.. config, .. Encoding.UTF8.GetBytes($"{artifact} {VersionEndpoint.Version} {runtime.Dtype} {runtime.Quantization} {cache}{(runtime.Bf16Products == "exact" ? "" : " fast products")}")]);
        return "fp_" + Convert.ToHexStringLower(digest)[..10];
    }
}
