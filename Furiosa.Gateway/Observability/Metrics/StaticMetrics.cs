using Furiosa.Actors.Hosting;
using Furiosa.Gateway.Health;
using Prometheus;

namespace Furiosa.Gateway.Observability.Metrics;

/// <summary>What does not change while the server runs: how it was started.</summary>
internal static class StaticMetrics
{
    public static void Set(CollectorRegistry registry, string model, RuntimeSummary summary, StartupLog startup)
    {
        var factory = Prometheus.Metrics.WithCustomRegistry(registry);
        var startSeconds = factory.CreateGauge("furiosa_llm_startup_seconds", "Seconds that each phase of the start took.", "phase");
        foreach (var phase in startup.Phases()) startSeconds.WithLabels(phase.Phase.ToString().ToLowerInvariant()).Set(phase.Took.TotalSeconds);
        factory.CreateGauge("furiosa_llm_build_info", "1; the version is a label.", "version").WithLabels(VersionEndpoint.Version).Set(1);
        factory.CreateGauge("furiosa_llm_pipeline_info", "1; the parallel sizes are labels.", "model_name", "tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size")
            .WithLabels(model, $"{summary.TensorParallel}", $"{summary.PipelineParallel}", $"{summary.DataParallel}").Set(1);
        // Adapters are not served, which is what routers are told by this.
        factory.CreateGauge(ColonNames.Keep("vllm:lora_requests_info"), "Adapters that requests use; there are none.", "max_lora", "waiting_lora_adapters", "running_lora_adapters")
            .WithLabels("0", "", "").SetToCurrentTimeUtc();
    }
}
