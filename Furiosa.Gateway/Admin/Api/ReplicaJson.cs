using Furiosa.Actors.Hosting;
using Furiosa.Actors.Observation;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Admin.Api;

/// <summary>A replica with its queue, caches and stages.</summary>
internal static class ReplicaJson
{
    public static JObject Of(ReplicaPicture replica, RuntimeSummary summary)
    {
        var counters = replica.Counters;
        var (blocks, used) = (replica.BlocksOf(summary), replica.UsedBlocksOf(summary));
        return new JObject
        {
            ["index"] = replica.Index, ["node"] = replica.Node, ["state"] = replica.State, ["reason"] = replica.Reason, ["epoch"] = replica.Epoch,
            ["running"] = replica.Running, ["waiting"] = replica.Waiting, ["recoveries"] = replica.Recoveries, ["preemptions"] = counters.Preemptions,
            ["kv"] = new JObject
            {
                ["blocks"] = blocks, ["used"] = used, ["cached"] = replica.CachedBlocks, ["free"] = replica.FreeBlocks,
                ["usage"] = blocks == 0 ? 0 : AdminJson.Round((double)used / blocks),
            },
            ["states"] = new JObject
            {
                ["slots"] = replica.States.All, ["used"] = replica.States.Used, ["cached"] = replica.States.Cached, ["free"] = replica.States.Free,
            },
            ["prefix_cache"] = new JObject
            {
                ["queries"] = counters.PrefixQueries, ["hits"] = counters.PrefixHits,
                ["hit_rate"] = counters.PrefixQueries == 0 ? 0 : AdminJson.Round((double)counters.PrefixHits / counters.PrefixQueries),
            },
            ["guesses"] = new JObject
            {
                ["drafts"] = counters.Drafts.Drafts, ["tokens"] = counters.Drafts.Tokens, ["accepted"] = counters.Drafts.Accepted,
            },
            ["steps"] = counters.Steps,
            ["active_seconds"] = AdminJson.Round(counters.Active.TotalSeconds),
            ["stages"] = new JArray(Enumerable.Range(0, Math.Max(summary.PipelineParallel, replica.Stages.Count)).Select(stage => Stage(replica, summary, stage))),
        };
    }

    private static JObject Stage(ReplicaPicture replica, RuntimeSummary summary, int stage)
    {
        var work = stage < replica.Stages.Count ? replica.Stages[stage] : default;
        var named = summary.Pes.Where(pe => pe.Replica == replica.Index && pe.Stage == stage).ToList();
        var held = replica.Pes.FirstOrDefault(pe => pe.Stage == stage);
        return new JObject
        {
            ["index"] = stage,
            ["first_layer"] = held?.FirstLayer ?? 0,
            ["layers"] = held?.LayerCount ?? 0,
            ["pes"] = new JArray(named.Count > 0 ? named.Select(pe => pe.Name) : work.Pes.Split(',', StringSplitOptions.RemoveEmptyEntries)),
            ["steps"] = work.Steps,
            ["tokens"] = work.Tokens,
            ["busy_seconds"] = AdminJson.Round(work.Busy.TotalSeconds),
            ["bubble_seconds"] = AdminJson.Round(Math.Max(0, (replica.Counters.Active - work.Busy).TotalSeconds)),
            ["seconds"] = new JObject
            {
                ["products"] = AdminJson.Round(work.Products.TotalSeconds), ["attention"] = AdminJson.Round(work.Attention.TotalSeconds),
                ["collectives"] = AdminJson.Round(work.Collectives.TotalSeconds), ["sampling"] = AdminJson.Round(work.Sampling.TotalSeconds),
                ["other"] = AdminJson.Round(work.Other.TotalSeconds), ["waiting"] = AdminJson.Round(work.Waiting.TotalSeconds),
            },
        };
    }
}
