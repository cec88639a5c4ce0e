namespace Furiosa.Gateway.Observability.Metrics;

/// <summary>The last values of something, for percentiles of late. Thread-safe; adding allocates nothing.</summary>
internal sealed class RecentValues
{
    private const int Kept = 1024;
    private readonly double[] _values = new double[Kept];
    private readonly Lock _lock = new();
    private long _count;

    public void Add(double value)
    {
        lock (_lock) _values[_count++ % Kept] = value;
    }

    /// <summary>The values below which these parts of the last ones lie, e.g. .5 and .99; null when there are none.</summary>
    public double[]? Percentiles(params ReadOnlySpan<double> parts)
    {
        double[] sorted;
        lock (_lock) sorted = _values.AsSpan(0, (int)Math.Min(_count, Kept)).ToArray();
        if (sorted.Length == 0) return null;
        Array.Sort(sorted);
        var found = new double[parts.Length];
        for (var i = 0; i < parts.Length; i++) found[i] = sorted[Math.Min(sorted.Length - 1, (int)(parts[i] * sorted.Length))];
        return found;
    }
}
