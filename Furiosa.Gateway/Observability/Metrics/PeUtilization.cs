using System.Collections.Concurrent;

namespace Furiosa.Gateway.Observability.Metrics;

/// <summary>How busy each processing element was over the last samples.</summary>
internal sealed class PeUtilization
{
    private const int Samples = 10;
    private readonly Dictionary<(int, int, string), Queue<(long At, double Busy)>> _samples = [];
    private readonly ConcurrentDictionary<(int, int, string), double> _ratios = new();

    /// <summary>Takes the next sample; for one thread.</summary>
    public double Take((int Replica, int Stage, string Name) pe, long now, double busySeconds, TimeProvider clock)
    {
        if (!_samples.TryGetValue(pe, out var samples)) _samples.Add(pe, samples = new());
        samples.Enqueue((now, busySeconds));
        if (samples.Count > Samples + 1) samples.Dequeue();
        var (first, before) = samples.Peek();
        var seconds = clock.GetElapsedTime(first, now).TotalSeconds;
        return _ratios[pe] = seconds <= 0 ? 0 : Math.Clamp((busySeconds - before) / seconds, 0, 1);
    }

    public double Of((int Replica, int Stage, string Name) pe) => _ratios.GetValueOrDefault(pe);
}
