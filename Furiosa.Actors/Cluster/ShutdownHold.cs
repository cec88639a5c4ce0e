using Akka;
using Akka.Actor;

namespace Furiosa.Actors.Cluster;

/// <summary>
/// Keeps a node running when a TLS handshake that it began fails. Akka begins a coordinated shutdown then, since the node may have the wrong
/// certificates; but that of a member has been taken before, and what fails is mostly a node that dies in the middle of a handshake, which
/// must not take all others with it. A shutdown cannot be called off, so this one waits in its first phase until the node is stopped.
/// </summary>
internal sealed class ShutdownHold
{
    // Akka's own type, which it does not show.
    private const string Reason = "TlsHandshakeFailureReason";

    private readonly TaskCompletionSource<Done> _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isArmed;

    public ShutdownHold(ActorSystem system)
    {
        var shutdown = CoordinatedShutdown.Get(system);
        shutdown.AddTask(
            CoordinatedShutdown.PhaseBeforeServiceUnbind, "hold",
            () => _isArmed && shutdown.ShutdownReason?.GetType().Name == Reason ? _released.Task : Task.FromResult(Done.Instance));
    }

    /// <summary>The node is a member: its certificates are good.</summary>
    public void Arm() => _isArmed = true;

    /// <summary>The node is to stop.</summary>
    public void Release() => _released.TrySetResult(Done.Instance);
}
