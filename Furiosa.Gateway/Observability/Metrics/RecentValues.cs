namespace Furiosa.Gateway.Observability.Metrics;

/// <summary>
/// The values of the last minute, the newest of them where there are very many, for percentiles of late: what was slow an hour ago says
/// nothing of a server now. Thread-safe; adding allocates nothing.
/// </summary>
internal sealed class RecentValues(TimeProvider clock)
{
    private const int Kept = 1024;
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(1);
    private readonly (long At, double Value)[] _values = new (long, double)[Kept];
    private readonly Lock _lock = new();
    private long _count;

    public void Add(double value)
    {
        lock (_lock) _values[_count++ % Kept] = (clock.GetTimestamp(), value);
    }

    /// <summary>The values below which these parts of the late ones lie, e.g. .5 and .99; null when there are none.</summary>
    public double[]? Percentiles(params ReadOnlySpan<double> parts)
    {
        (long At, double Value)[] kept;
        lock (_lock) kept = _values.AsSpan(0, (int)Math.Min(_count, Kept)).ToArray();
        var now = clock.GetTimestamp();
        double[] sorted = [.. kept.Where(one => clock.GetElapsedTime(one.At, now) <= Late).Select(one => one.Value).Order()];
        if (sorted.Length == 0) return null;
        var found = new double[parts.Length];
        for (var i = 0; i < parts.Length; i++) found[i] = sorted[Math.Min(sorted.Length - 1, (int)(parts[i] * sorted.Length))];
        return found;
    }
}
