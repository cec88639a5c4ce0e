using Furiosa.Gateway.Hosting;
using Prometheus;

namespace Furiosa.Gateway.Observability.Metrics;

/// <summary>All metrics of a server whose model is loaded.</summary>
internal sealed class ServerMetrics
{
    private readonly Family _utilization;
    private readonly ServerState _state;
    private readonly PeUtilization _pes;

    /// <param name="registry">Where they are kept.</param>
    /// <param name="model">The name that it is served under.</param>
    /// <param name="state">A server whose runtime is there.</param>
    /// <param name="clock">What is measured by.</param>
    public ServerMetrics(CollectorRegistry registry, string model, ServerState state, TimeProvider clock)
    {
        var runtime = state.Runtime!;
        _state = state;
        _pes = new PeUtilization(clock);
        var families = new Families(registry, model);
        Requests = new RequestMetrics(registry, families, model, runtime.Summary.DataParallel, runtime.Summary.MaxModelLen, clock);
        Runtime = new RuntimeMetrics(families, () => state.Runtime!, () => state.HeldBack);
        _utilization = families.Gauge("Part of the last ten seconds that a processing element computed.", ["furiosa_llm_pe_utilization_ratio"], "stage", "pe", "node");
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
        _pes.Sample(_state.Runtime!.Picture);
        // Those of this process are known before they have computed anything.
        foreach (var pe in _state.Runtime.Summary.Pes) _utilization.Set(pe.Replica, UtilizationOf(new(pe.Replica, pe.Stage, "", pe.Name)) ?? 0, EngineNames.Of(pe.Stage), pe.Name, "");
        foreach (var (pe, ratio) in _pes.All) _utilization.Set(pe.Replica, ratio, EngineNames.Of(pe.Stage), pe.Name, pe.Node);
    }

    /// <summary>Part of the last ten seconds that a processing element computed; null for one that never did.</summary>
    public double? UtilizationOf(PePlace pe) => _pes.Of(pe);
}
