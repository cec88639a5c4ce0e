using Furiosa.Gateway.Hosting;
using Prometheus;

namespace Furiosa.Gateway.Observability.Metrics;

/// <summary>All metrics of a server whose model is loaded.</summary>
internal sealed class ServerMetrics
{
    private readonly Family _utilization;
    private readonly ServerState _state;
    private readonly PeUtilization _pes = new();
    private readonly TimeProvider _clock;

    /// <param name="registry">Where they are kept.</param>
    /// <param name="model">The name that it is served under.</param>
    /// <param name="state">A server whose runtime is there.</param>
    /// <param name="clock">What is measured by.</param>
    public ServerMetrics(CollectorRegistry registry, string model, ServerState state, TimeProvider clock)
    {
        var runtime = state.Runtime!;
        _state = state;
        _clock = clock;
        var families = new Families(registry, model);
        Requests = new RequestMetrics(registry, families, model, runtime.Summary.DataParallel, runtime.Summary.MaxModelLen, clock);
        Runtime = new RuntimeMetrics(families, () => state.Runtime!, () => state.HeldBack);
        _utilization = families.Gauge("Part of the last ten seconds that a processing element computed.", ["furiosa_llm_pe_utilization_ratio"], "stage", "pe");
        StaticMetrics.Set(registry, model, runtime.Summary, state.Startup);
        registry.AddBeforeCollectCallback(Runtime.Collect);
        Sample();
    }

    public RequestMetrics Requests { get; }

    public RuntimeMetrics Runtime { get; }

    /// <summary>Called once a second: what is measured over the last seconds.</summary>
    public void Sample()
    {
        Runtime.Collect();
        foreach (var (replica, stage, pe) in Pes())
            _utilization.Set(replica, _pes.Take((replica, stage, pe), _clock.GetTimestamp(), Runtime.BusySeconds(replica, stage), _clock), EngineNames.Of(stage), pe);
    }

    // The replicas of a cluster tell their elements with their first report.
    private IEnumerable<(int Replica, int Stage, string Pe)> Pes() => _state.Runtime!.Summary.Pes is { Count: > 0 } own
        ? own.Select(pe => (pe.Replica, pe.Stage, pe.Name))
        : from replica in _state.Runtime.Picture.Replicas
          from stage in replica.Stages.Index()
          from pe in stage.Item.Pes.Split(',', StringSplitOptions.RemoveEmptyEntries)
          select (replica.Index, stage.Index, pe);

    /// <summary>Part of the last ten seconds that a processing element computed.</summary>
    public double UtilizationOf(int replica, int stage, string pe) => _pes.Of((replica, stage, pe));
}
