using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Observability.Metrics;

namespace Furiosa.Gateway.Observability;

/// <summary>Looks once a second at how busy the elements of a device node are, which answers no clients and counts no requests.</summary>
internal sealed class DeviceLoads : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);
    private readonly PeUtilization _pes;
    private readonly ITimer _timer;
    private int _isRunning;

    public DeviceLoads(ServerState state, TimeProvider clock)
    {
        _pes = new PeUtilization(clock);
        _timer = clock.CreateTimer(_ => Look(state), null, Pace, Pace);
    }

    /// <summary>Part of the last ten seconds that it computed; null for one that is not reported here.</summary>
    public double? UtilizationOf(PePlace pe) => _pes.Of(pe);

    public void Dispose() => _timer.Dispose();

    private void Look(ServerState state)
    {
        // One look at a time: the samples have no lock.
        if (Interlocked.Exchange(ref _isRunning, 1) == 1) return;
        try
        {
            _pes.Sample(state.Runtime!.Picture);
        }
        finally
        {
            Volatile.Write(ref _isRunning, 0);
        }
    }
}
