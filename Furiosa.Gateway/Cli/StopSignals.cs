using System.Runtime.InteropServices;

namespace Furiosa.Gateway.Cli;

/// <summary>SIGINT and SIGTERM: the first asks for a graceful stop, the second ends the process at once.</summary>
internal sealed class StopSignals : IDisposable
{
    private const int EndedBySignal = 130;
    private readonly CancellationTokenSource _asked = new();
    private readonly TaskCompletionSource _whenAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, Take),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, Take),
    ];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Asked => _asked.Token;

    /// <summary>Completes with the first signal.</summary>
    public Task WhenAsked => _whenAsked.Task;

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _asked.Dispose();
    }

    private void Take(PosixSignalContext context)
    {
        context.Cancel = true;
        if (!_whenAsked.TrySetResult()) Environment.Exit(EndedBySignal);
        _asked.Cancel();
    }
}
