using Furiosa.Actors.Hosting;
using Furiosa.Actors.Observation;

namespace Furiosa.Gateway.Observability.Metrics;

/// <summary>
/// What a replica is and holds: how its KV cache is laid out and lies on devices, and what it has none of. Of a cluster's replicas that is
/// known only once they have told it.
/// </summary>
internal sealed class EngineInfo(Families families)
{
    private static readonly string[] Nothing =
    [
        "vllm:external_prefix_cache_queries_total", "vllm:external_prefix_cache_hits_total", "vllm:mm_cache_queries_total", "vllm:mm_cache_hits_total",
        "vllm:corrupted_requests_total",
    ];

    private readonly Family _cache = families.Gauge("1; how the KV cache is laid out is in the labels.", ["vllm:cache_config_info", "furiosa_llm_cache_config_info"], "block_size", "num_gpu_blocks");
    private readonly Family _sleep = families.Gauge("1 for the sleep state of the engine, which is always awake.", ["vllm:engine_sleep_state"], "sleep_state");
    private readonly Family _nothing = families.Counter("Nothing of this kind exists here.", Nothing);
    private readonly Family _kvBytes = families.Gauge("Bytes of a replica's KV cache on a node's device of this number.", ["furiosa_llm_kv_cache_total_bytes"], "device_index", "node");
    private readonly Family _kvUsed = families.Gauge("Those of them that requests hold.", ["furiosa_llm_kv_cache_used_bytes"], "device_index", "node");
    private readonly Family _weights = families.Gauge("Bytes of packed weights of a processing element's own.", ["furiosa_llm_weight_bytes"], "stage", "pe", "node");
    private readonly Dictionary<int, int> _blocks = [];

    public void Collect(ReplicaPicture replica, RuntimeSummary summary)
    {
        var blocks = replica.BlocksOf(summary);
        if (blocks == 0) return;
        if (_blocks.GetValueOrDefault(replica.Index) != blocks) Begin(replica.Index, summary.KvBlockSize, blocks);
        var used = (double)replica.UsedBlocksOf(summary) / blocks;
        var placed = replica.Pes.Select(pe => (Pe: pe, Place: PlaceOf(replica, pe, summary))).Where(pe => pe.Place.Name.Length > 0);
        foreach (var device in placed.GroupBy(pe => (pe.Place.Node, Device: DeviceOf(pe.Place.Name))))
        {
            var bytes = (double)device.Sum(pe => pe.Pe.KvBytes);
            _kvBytes.Set(replica.Index, bytes, device.Key.Device, device.Key.Node);
            _kvUsed.Set(replica.Index, bytes * used, device.Key.Device, device.Key.Node);
            foreach (var (pe, place) in device) _weights.Set(replica.Index, pe.WeightBytes, EngineNames.Of(pe.Stage), place.Name, place.Node);
        }
    }

    private void Begin(int engine, int blockSize, int blocks)
    {
        if (_blocks.TryGetValue(engine, out var before)) _cache.Set(engine, 0, $"{blockSize}", $"{before}");
        _blocks[engine] = blocks;
        _cache.Set(engine, 1, $"{blockSize}", $"{blocks}");
        _sleep.Set(engine, 1, "awake");
        _sleep.Set(engine, 0, "weights_offloaded");
        _sleep.Set(engine, 0, "discard_all");
        _nothing.Add(engine, 0);
    }

    // Elsewhere a replica's elements are named with its first report.
    private static (string Node, string Name) PlaceOf(ReplicaPicture replica, PeSummary pe, RuntimeSummary summary)
    {
        if (summary.Pes.FirstOrDefault(one => one.Replica == replica.Index && one.Stage == pe.Stage && one.Rank == pe.Rank) is { } own) return ("", own.Name);
        return replica.Parts.Where(part => part.Stage == pe.Stage)
            .SelectMany(part => part.Elements.Where(element => element.Rank == pe.Rank).Select(element => (part.Node, element.Pe)))
            .FirstOrDefault(("", ""));
    }

    /// <summary>The device of a processing element: <c>0</c> of <c>npu:0:3</c>.</summary>
    private static string DeviceOf(string pe) => pe.Split(':') is { Length: >= 2 } parts ? parts[^2] : pe;
}
