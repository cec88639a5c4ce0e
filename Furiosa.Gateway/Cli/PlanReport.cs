using System.Globalization;
using Furiosa.Actors.Hosting;
using Furiosa.Gateway.Configuration;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Cli;

/// <summary>The memory plan as a table, or as JSON.</summary>
internal static class PlanReport
{
    public static IEnumerable<string> Lines(RuntimePlan plan)
    {
        foreach (var notice in plan.Notices) yield return notice;
        yield return $"Layout:    tp {plan.TensorParallel}, pp {plan.PipelineParallel}, dp {plan.Replicas}";
        string[] head = ["PE", "stage", "rank", "layers", "weights", "KV cache"];
        List<string[]> rows = [head, .. plan.Pes.Select(pe => (string[])
            [pe.Name, $"{pe.Stage}", $"{pe.Rank}", $"{pe.FirstLayer}-{pe.FirstLayer + pe.LayerCount - 1}", ByteSize.Show(pe.WeightBytes), ByteSize.Show(pe.KvBytes)])];
        var widths = Enumerable.Range(0, head.Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows) yield return "  " + string.Join("  ", row.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column])));
        yield return $"Memory:    weights {ByteSize.Show(plan.WeightBytes)}, KV cache {ByteSize.Show(plan.KvBytes)} ({ByteSize.Show(plan.KvBytesPerToken)} a token), scratch up to {ByteSize.Show(plan.ScratchBytes)}; {ByteSize.Show(plan.FreeBytes)} free";
        if (plan.States > 0) yield return string.Create(CultureInfo.InvariantCulture, $"States:    {plan.States:N0} in each replica, {ByteSize.Show(plan.BytesPerState)} each, which count with the KV cache");
        yield return plan.Problem ?? string.Create(CultureInfo.InvariantCulture, $"It fits:   {plan.Tokens:N0} tokens of context in each replica; a sequence may have {plan.MaxModelLen:N0}");
    }

    public static JObject ToJson(RuntimePlan plan) => new()
    {
        ["tensor_parallel_size"] = plan.TensorParallel, ["pipeline_parallel_size"] = plan.PipelineParallel, ["data_parallel_size"] = plan.Replicas,
        ["pes"] = new JArray(plan.Pes.Select(pe => new JObject
        {
            ["name"] = pe.Name, ["stage"] = pe.Stage, ["rank"] = pe.Rank, ["first_layer"] = pe.FirstLayer, ["layers"] = pe.LayerCount, ["query_heads"] = pe.QueryHeads,
            ["kv_heads"] = pe.KvHeads, ["weight_bytes"] = pe.WeightBytes, ["kv_bytes"] = pe.KvBytes,
        })),
        ["weight_bytes"] = plan.WeightBytes, ["kv_bytes_per_token"] = plan.KvBytesPerToken, ["kv_bytes"] = plan.KvBytes, ["scratch_bytes"] = plan.ScratchBytes,
        ["free_bytes"] = plan.FreeBytes, ["context_tokens"] = plan.Tokens, ["max_model_len"] = plan.MaxModelLen, ["fits"] = plan.Problem is null, ["problem"] = plan.Problem, ["states"] = plan.States, ["bytes_per_state"] = plan.BytesPerState,
    };
}
