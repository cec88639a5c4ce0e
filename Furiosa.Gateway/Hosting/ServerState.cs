using Furiosa.Actors.Hosting;
using Furiosa.Gateway.Health;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Hosting;

/// <summary>What the server can do now: nothing while the model loads, everything, or only finish what it has. Thread-safe.</summary>
internal sealed class ServerState
{
    private volatile ServingModel? _model;
    private volatile IFuriosaRuntime? _runtime;
    private volatile bool _isDraining;

    /// <summary>The phases of the start.</summary>
    public StartupLog Startup { get; } = new(TimeProvider.System);

    /// <summary>The runtime; null while it loads.</summary>
    public IFuriosaRuntime? Runtime => _runtime;

    /// <summary>The runtime's live state; null while it loads.</summary>
    public RuntimeHealth? Health => _runtime?.Health;

    public bool IsDraining => _isDraining;

    public void Serve(ServingModel model, IFuriosaRuntime runtime)
    {
        _runtime = runtime;
        _model = model;
    }

    /// <summary>A node without clients of its own: its devices serve, and that is all there is to be ready for.</summary>
    public void ServeDevices(IFuriosaRuntime runtime)
    {
        IsDeviceNode = true;
        _runtime = runtime;
    }

    /// <summary>Whether it has no clients of its own.</summary>
    public bool IsDeviceNode { get; private set; }

    public void Drain() => _isDraining = true;

    /// <summary>The model, for a new request.</summary>
    /// <exception cref="ApiException">There is none now; the client may come back or go elsewhere.</exception>
    public ServingModel RequireModel()
    {
        if (_isDraining) throw new ApiException(ApiError.Unavailable("The server is shutting down and takes no new requests.", "draining"));
        return _model ?? throw new ApiException(ApiError.Unavailable("The model is still loading.", "loading"));
    }
}
