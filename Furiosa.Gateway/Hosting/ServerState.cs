using Furiosa.Actors.Hosting;
using Furiosa.Gateway.Health;
using Furiosa.Gateway.Limits;
using Furiosa.Gateway.Observability;
using Furiosa.Gateway.OpenAi;
using Microsoft.Extensions.Logging.Abstractions;

namespace Furiosa.Gateway.Hosting;

/// <summary>What the server can do now: nothing while the model loads, everything, or only finish what it has. Thread-safe.</summary>
internal sealed class ServerState : IDisposable
{
    private volatile ServingModel? _model;
    private volatile IFuriosaRuntime? _runtime;
    private volatile bool _isDraining;
    private readonly CancellationTokenSource _stopping = new();

    /// <param name="loggers">Where the log goes; null for nowhere.</param>
    public ServerState(ILoggerFactory? loggers = null)
    {
        Loggers = loggers ?? NullLoggerFactory.Instance;
        Observatory = new Observatory(TimeProvider.System, Loggers);
    }

    public ILoggerFactory Loggers { get; }

    /// <summary>Metrics, requests and the recent past.</summary>
    public Observatory Observatory { get; }

    /// <summary>The phases of the start.</summary>
    public StartupLog Startup { get; } = new(TimeProvider.System);

    /// <summary>The model; null while it loads.</summary>
    public ServingModel? Model => _model;

    /// <summary>Bounds the use of the server; null while the model loads.</summary>
    public Limiter? Limiter { get; private set; }

    /// <summary>One word: loading, serving, draining or failed.</summary>
    public string Status => _isDraining ? "draining" : (Health?.State ?? RuntimeState.Loading).ToString().ToLowerInvariant();

    /// <summary>Cancelled when the server stops, for answers that would go on for ever.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>The runtime; null while it loads.</summary>
    public IFuriosaRuntime? Runtime => _runtime;

    /// <summary>The runtime's live state; null while it loads.</summary>
    public RuntimeHealth? Health => _runtime?.Health is { } health ? health with { WaitingRequests = health.WaitingRequests + HeldBack } : null;

    /// <summary>Requests that wait for their turn before the runtime.</summary>
    public int HeldBack => Limiter?.HeldBack ?? 0;

    public bool IsDraining => _isDraining;

    /// <summary>How questions of other gateways are answered; null before the server's endpoints are made.</summary>
    public Func<ReadOnlyMemory<byte>, Task<byte[]>>? AnswerGateways { get; set; }

    public void Serve(ServingModel model, IFuriosaRuntime runtime, Limiter limiter)
    {
        if (AnswerGateways is { } answer) runtime.Exchange?.Answer(answer);
        _runtime = runtime;
        Limiter = limiter;
        _model = model;
    }

    /// <summary>A node without clients of its own: its devices serve, and that is all there is to be ready for.</summary>
    public void ServeDevices(IFuriosaRuntime runtime)
    {
        IsDeviceNode = true;
        _runtime = runtime;
        Observatory.BeginDevices(this);
    }

    /// <summary>Whether its runtime is a node of a cluster, and is started again when the cluster has given it up.</summary>
    public bool IsInACluster { get; init; }

    /// <summary>Whether it has no clients of its own.</summary>
    public bool IsDeviceNode { get; private set; }

    /// <summary>Serves later requests with changed settings of the model.</summary>
    public void Replace(ServingModel model) => _model = model;

    /// <summary>Ends what would go on for ever.</summary>
    public void Stop() => _stopping.Cancel();

    public void Dispose()
    {
        Observatory.Dispose();
        _stopping.Dispose();
    }

    public void Drain() => _isDraining = true;

    /// <summary>The model, for a new request.</summary>
    /// <exception cref="ApiException">There is none now; the client may come back or go elsewhere.</exception>
    public ServingModel RequireModel()
    {
        if (_isDraining) throw new ApiException(ApiError.Unavailable("The server is shutting down and takes no new requests.", "draining"));
        return _model ?? throw new ApiException(ApiError.Unavailable("The model is still loading.", "loading"));
    }
}
