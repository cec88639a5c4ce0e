using Prometheus;

namespace Furiosa.Gateway.Observability.Metrics;

/// <summary>
/// Makes metrics that carry the served model and the replica (<c>engine</c>), each under several names at once: vLLM's and the
/// reference's dashboards look for the same figures under different names.
/// </summary>
internal sealed class Families(CollectorRegistry registry, string model)
{
    private static readonly string[] Labels = ["model_name", "engine"];
    private readonly MetricFactory _factory = Prometheus.Metrics.WithCustomRegistry(registry);

    /// <summary>A counter under each of the names.</summary>
    public Family Counter(string help, string[] names, params string[] more) => new(model,
        [.. names.Select(name => _factory.CreateCounter(ColonNames.Keep(name), help, [.. Labels, .. more])).Select(counter => (Func<string[], Action<double, bool>>)(labels =>
        {
            var child = counter.WithLabels(labels);
            return (value, isTotal) => { if (isTotal) child.IncTo(value); else child.Inc(value); };
        }))]);

    /// <summary>A gauge under each of the names.</summary>
    public Family Gauge(string help, string[] names, params string[] more) => new(model,
        [.. names.Select(name => _factory.CreateGauge(ColonNames.Keep(name), help, [.. Labels, .. more])).Select(gauge => (Func<string[], Action<double, bool>>)(labels =>
        {
            var child = gauge.WithLabels(labels);
            return (value, _) => child.Set(value);
        }))]);

    /// <summary>A histogram under each of the names, with buckets of its own.</summary>
    public HistogramFamily Histogram(string help, params (string Name, double[] Ends)[] names) => new(model,
        [.. names.Select(name => _factory.CreateHistogram(ColonNames.Keep(name.Name), help, Labels, new HistogramConfiguration { Buckets = name.Ends }))]);
}

/// <summary>Counters or gauges of the same figure.</summary>
internal sealed class Family(string model, IReadOnlyList<Func<string[], Action<double, bool>>> make)
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, Action<double, bool>[]> _children = new();

    /// <summary>Adds to counters.</summary>
    public void Add(int engine, double value, params string[] more) => Apply(engine, value, isTotal: false, more);

    /// <summary>Raises counters to a total, or sets gauges.</summary>
    public void Set(int engine, double value, params string[] more) => Apply(engine, value, isTotal: true, more);

    private void Apply(int engine, double value, bool isTotal, string[] more)
    {
        var key = more.Length == 0 ? EngineNames.Of(engine) : string.Join('\u001f', more.Prepend(EngineNames.Of(engine)));
        var children = _children.GetOrAdd(key, static (_, it) => [.. it.make.Select(one => one([it.model, EngineNames.Of(it.engine), .. it.more]))], (make, model, engine, more));
        foreach (var child in children) child(value, isTotal);
    }
}

/// <summary>Histograms of the same figure.</summary>
internal sealed class HistogramFamily(string model, IReadOnlyList<Histogram> histograms)
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<int, Histogram.Child[]> _children = new();

    public void Observe(int engine, double value, long count = 1)
    {
        foreach (var child in Show(engine)) child.Observe(value, count);
    }

    /// <summary>Serves it for a replica before anything is observed.</summary>
    public Histogram.Child[] Show(int engine) => _children.GetOrAdd(
        engine, static (one, it) => [.. it.histograms.Select(histogram => histogram.WithLabels(it.model, EngineNames.Of(one)))], (histograms, model));
}

/// <summary>Replicas as label values.</summary>
internal static class EngineNames
{
    private static readonly string[] Known = [.. Enumerable.Range(0, 64).Select(engine => $"{engine}")];

    public static string Of(int engine) => (uint)engine < (uint)Known.Length ? Known[engine] : $"{engine}";
}
