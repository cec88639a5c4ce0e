using Furiosa.Actors.Hosting;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Hosting;

/// <summary>What the server can do now: nothing while the model loads, everything, or only finish what it has. Thread-safe.</summary>
internal sealed class ServerState
{
    private volatile ServingModel? _model;
    private volatile Func<RuntimeHealth>? _health;
    private volatile bool _isDraining;

    /// <summary>The runtime's live state; null while it loads.</summary>
    public RuntimeHealth? Health => _health?.Invoke();

    public bool IsDraining => _isDraining;

    public void Serve(ServingModel model, Func<RuntimeHealth> health)
    {
        _health = health;
        _model = model;
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
