using Furiosa.Actors.Hosting;
using Furiosa.Gateway.Health;
using Prometheus;

namespace Furiosa.Gateway.Observability.Metrics;

/// <summary>What does not change while the server runs: how it was started, what it holds, and what it has none of.</summary>
internal static class StaticMetrics
{
    private static readonly string[] Nothing =
    [
        "vllm:external_prefix_cache_queries_total", "vllm:external_prefix_cache_hits_total", "vllm:mm_cache_queries_total", "vllm:mm_cache_hits_total",
        "vllm:corrupted_requests_total",
    ];

    public static void Set(CollectorRegistry registry, Families families, string model, RuntimeSummary summary, StartupLog startup)
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
        SetEngines(families, summary);
        SetDevices(factory, model, summary);
    }

    private static void SetEngines(Families families, RuntimeSummary summary)
    {
        var cache = families.Gauge("1; how the KV cache is laid out is in the labels.", ["vllm:cache_config_info", "furiosa_llm_cache_config_info"], "block_size", "num_gpu_blocks");
        var sleep = families.Gauge("1 for the sleep state of the engine, which is always awake.", ["vllm:engine_sleep_state"], "sleep_state");
        var nothing = families.Counter("Nothing of this kind exists here.", Nothing);
        for (var engine = 0; engine < summary.DataParallel; engine++)
        {
            cache.Set(engine, 1, $"{summary.KvBlockSize}", $"{summary.KvBlockCount}");
            sleep.Set(engine, 1, "awake");
            sleep.Set(engine, 0, "weights_offloaded");
            sleep.Set(engine, 0, "discard_all");
            nothing.Add(engine, 0);
        }
    }

    private static void SetDevices(MetricFactory factory, string model, RuntimeSummary summary)
    {
        var kv = factory.CreateGauge("furiosa_llm_kv_cache_total_bytes", "Bytes of KV cache on a device.", "model_name", "device_index");
        var weights = factory.CreateGauge("furiosa_llm_weight_bytes", "Bytes of packed weights of a processing element's own.", "model_name", "engine", "pe");
        foreach (var device in summary.Pes.GroupBy(pe => DeviceOf(pe.Name))) kv.WithLabels(model, device.Key).Set(device.Sum(pe => pe.KvBytes));
        foreach (var pe in summary.Pes) weights.WithLabels(model, EngineNames.Of(pe.Replica), pe.Name).Set(pe.WeightBytes);
    }

    /// <summary>The device of a processing element: <c>0</c> of <c>npu:0:3</c>.</summary>
    private static string DeviceOf(string pe) => pe.Split(':') is { Length: >= 2 } parts ? parts[^2] : pe;
}
