using Furiosa.Actors.Hosting;
using Furiosa.Actors.Observation;

namespace Furiosa.Gateway.Observability.Metrics;

/// <summary>What replicas report of themselves. Read when somebody asks for the metrics, and once a second for the gauges of late.</summary>
internal sealed class RuntimeMetrics
{
    private static readonly string[] States = ["loading", "serving", "draining", "failed", "lost"];
    private static readonly string[] BlockStates = ["used", "cached", "free"];
    private readonly Func<IFuriosaRuntime> _runtime;
    private readonly Func<int> _heldBack;
    private readonly Dictionary<(int Engine, int Stage, string What), Rising> _totals = [];
    private readonly Dictionary<int, ReplicaCounters> _seen = [];
    private readonly HashSet<int> _shown = [];
    private readonly Lock _lock = new();
    private readonly Family _running;
    private readonly Family _waiting;
    private readonly Family _waitingByReason;
    private readonly Family _usage;
    private readonly Family _blocks;
    private readonly Family _states;
    private readonly Family _queries;
    private readonly Family _hits;
    private readonly Family _preemptions;
    private readonly DraftMetrics _drafts;
    private readonly Family _recoveries;
    private readonly Family _state;
    private readonly Family _stepSeconds;
    private readonly Family _steps;
    private readonly Family _stepTokens;
    private readonly Family _bubbles;
    private readonly Family _peSeconds;
    private readonly HistogramFamily _iterations;
    private readonly Family _resumes;
    private readonly EngineInfo _info;

    /// <param name="families">Makes them.</param>
    /// <param name="runtime">What reports now.</param>
    /// <param name="heldBack">Requests that wait before the runtime, which no replica knows of.</param>
    public RuntimeMetrics(Families families, Func<IFuriosaRuntime> runtime, Func<int> heldBack)
    {
        (_runtime, _heldBack) = (runtime, heldBack);
        _info = new EngineInfo(families);
        _running = families.Gauge("Requests in the batch.", ["vllm:num_requests_running", "furiosa_llm_num_requests_running"]);
        _waiting = families.Gauge("Requests in the queue.", ["vllm:num_requests_waiting", "furiosa_llm_num_requests_waiting"]);
        _waitingByReason = families.Gauge("Requests in the queue, by what they wait for.", ["vllm:num_requests_waiting_by_reason"], "reason");
        _usage = families.Gauge("Part of the KV cache that running requests hold; 1 is all of it.",
            ["vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc", "furiosa_llm_kv_cache_usage_percent"]);
        _blocks = families.Gauge("KV blocks by what they hold: used by requests, cached for later ones, or free.", ["furiosa_llm_kv_blocks"], "state");
        _states = families.Gauge("Slots of states by what they hold: used by sequences, cached for later ones, or free.", ["furiosa_llm_state_slots"], "state");
        _queries = families.Counter("Prompt tokens looked up in the prefix cache.", ["vllm:prefix_cache_queries_total", "furiosa_llm_prefix_cache_queries"]);
        _hits = families.Counter("Prompt tokens that the prefix cache held.", ["vllm:prefix_cache_hits_total", "furiosa_llm_prefix_cache_hits"]);
        _preemptions = families.Counter("Sequences whose KV blocks were taken for an earlier one.", ["vllm:num_preemptions_total", "furiosa_llm_preemptions_total"]);
        _drafts = new DraftMetrics(families);
        _recoveries = families.Counter("How often the group of a replica was lost and made again.", ["furiosa_llm_recoveries_total"]);
        _state = families.Gauge("1 for the state that the replica is in.", ["furiosa_llm_replica_state"], "state");
        _stepSeconds = families.Counter("Seconds of a stage by what they were spent on.", ["furiosa_llm_step_seconds_total"], "stage", "part");
        _steps = families.Counter("Steps that a stage took up.", ["furiosa_llm_steps_total"], "stage");
        _stepTokens = families.Counter("Tokens of the steps that a stage took up.", ["furiosa_llm_step_tokens_total"], "stage");
        _bubbles = families.Counter("Seconds that a stage stood idle while its replica had a step under way.", ["furiosa_llm_pipeline_bubble_seconds_total"], "stage");
        _peSeconds = families.Counter("Seconds that a processing element computed.", ["furiosa_llm_pe_busy_seconds_total"], "stage", "pe", "node");
        _iterations = families.Histogram("Tokens of a step.", ("vllm:iteration_tokens_total", [.. ReplicaCounters.StepSizeBounds.Select(bound => (double)bound)]));
        _resumes = families.Counter("Requests that went on after their group was lost.", ["furiosa_llm_resumed_requests_total"]);
    }

    /// <summary>Brings all of it up to date.</summary>
    public void Collect()
    {
        var picture = _runtime().Picture;
        lock (_lock)
        {
            var held = _heldBack();
            for (var i = 0; i < picture.Replicas.Count; i++)
            {
                // What is held back will go to any of them: each shows its share.
                var share = ((held * (i + 1)) / picture.Replicas.Count) - (held * i / picture.Replicas.Count);
                Collect(picture.Replicas[i], picture.Replicas[i].Waiting + share);
            }
            _resumes.Set(0, Total(0, -1, "resumes", picture.Resumes));

            // What has left would look as it last did for ever.
            foreach (var engine in _shown.Except(picture.Replicas.Select(replica => replica.Index))) ShowNothing(engine);
            _shown.UnionWith(picture.Replicas.Select(replica => replica.Index));
        }
    }

    private void ShowNothing(int engine)
    {
        foreach (var gauge in new[] { _running, _waiting, _usage }) gauge.Set(engine, 0);
        _waitingByReason.Set(engine, 0, "capacity");
        foreach (var state in States) _state.Set(engine, 0, state);
        foreach (var state in BlockStates)
        {
            _blocks.Set(engine, 0, state);
            _states.Set(engine, 0, state);
        }
    }

    private void Collect(ReplicaPicture replica, int waiting)
    {
        var engine = replica.Index;
        _running.Set(engine, replica.Running);
        _waiting.Set(engine, waiting);
        _waitingByReason.Set(engine, waiting, "capacity");
        _waitingByReason.Set(engine, 0, "deferred");
        _recoveries.Set(engine, Total(engine, -1, "recoveries", replica.Recoveries));
        foreach (var state in States) _state.Set(engine, replica.State == state ? 1 : 0, state);
        CollectBlocks(replica);
        _info.Collect(replica, _runtime().Summary);
        CollectCounters(engine, replica.Counters);
        var active = Total(engine, -1, "active", replica.Counters.Active.TotalSeconds);
        for (var stage = 0; stage < replica.Stages.Count; stage++) CollectStage(engine, stage, replica.Stages[stage], active);
        foreach (var part in replica.Parts) CollectElements(engine, part);
    }

    private void CollectBlocks(ReplicaPicture replica)
    {
        var summary = _runtime().Summary;
        var (all, used) = (replica.BlocksOf(summary), replica.UsedBlocksOf(summary));
        _usage.Set(replica.Index, all == 0 ? 0 : (double)used / all);
        _blocks.Set(replica.Index, used, "used");
        _blocks.Set(replica.Index, replica.CachedBlocks, "cached");
        _blocks.Set(replica.Index, replica.FreeBlocks, "free");
        _states.Set(replica.Index, replica.States.Used, "used");
        _states.Set(replica.Index, replica.States.Cached, "cached");
        _states.Set(replica.Index, replica.States.Free, "free");
    }

    private void CollectCounters(int engine, ReplicaCounters counters)
    {
        _queries.Set(engine, Total(engine, -1, "queries", counters.PrefixQueries));
        _hits.Set(engine, Total(engine, -1, "hits", counters.PrefixHits));
        _preemptions.Set(engine, Total(engine, -1, "preemptions", counters.Preemptions));
        _drafts.Collect(engine, counters.Drafts, (what, count) => Total(engine, -1, what, count));
        _iterations.Show(engine);
        var sizes = ReplicaCounters.StepSizeBounds.Length + 1;
        if (counters.StepSizes.Length != sizes || counters.StepTokens.Length != sizes) return; // of another version
        var seen = _seen.GetValueOrDefault(engine, ReplicaCounters.None);
        if (counters.Steps < seen.Steps) seen = ReplicaCounters.None;
        for (var size = 0; size < sizes; size++)
        {
            var (steps, tokens) = (counters.StepSizes[size] - seen.StepSizes[size], counters.StepTokens[size] - seen.StepTokens[size]);
            if (steps > 0) _iterations.Observe(engine, (double)tokens / steps, steps);
        }
        _seen[engine] = counters;
    }

    private void CollectStage(int engine, int stage, StageWork work, double active)
    {
        var name = EngineNames.Of(stage);
        var parts = new (string Part, TimeSpan Time)[]
        {
            ("products", work.Products), ("attention", work.Attention), ("collectives", work.Collectives),
            ("sampling", work.Sampling), ("other", work.Other), ("waiting", work.Waiting),
        };
        foreach (var (part, time) in parts) _stepSeconds.Set(engine, Total(engine, stage, part, time.TotalSeconds), name, part);
        _steps.Set(engine, Total(engine, stage, "steps", work.Steps), name);
        _stepTokens.Set(engine, Total(engine, stage, "tokens", work.Tokens), name);
        var busy = Total(engine, stage, "busy", work.Busy.TotalSeconds);
        // The two clocks are read at different moments: what looks like less than nothing is nothing.
        _bubbles.Set(engine, Math.Max(0, active - busy), name);
    }

    private void CollectElements(int engine, StageWork part)
    {
        var busy = Total(engine, part.Stage, $"busy at {part.Node}", part.Busy.TotalSeconds);
        foreach (var (_, pe) in part.Elements) _peSeconds.Set(engine, busy, EngineNames.Of(part.Stage), pe, part.Node);
    }

    private double Total(int engine, int stage, string what, double count)
    {
        if (!_totals.TryGetValue((engine, stage, what), out var total)) _totals.Add((engine, stage, what), total = new Rising());
        return total.Take(count);
    }
}
