using Furiosa.Actors.Hosting;
using Furiosa.Actors.Observation;
using Furiosa.Gateway.Health;
using Furiosa.Gateway.Hosting;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Admin.Api;

/// <summary><c>GET /admin/api/state</c>: what there is and how it does, from nodes down to processing elements, as this gateway knows it.</summary>
internal sealed class StateModule : IAdminModule
{
    public void Map(AdminRoutes routes) => routes.Api.MapGet("/state", async context => await AdminJson.WriteAsync(context, await PictureAsync(routes.State)));

    /// <summary>The whole picture; while the model loads, only the server and its start.</summary>
    public static async Task<JObject> PictureAsync(ServerState state)
    {
        var picture = new JObject { ["server"] = Server(state), ["startup"] = StartupJson.Of(state.Startup) };
        if (state.Runtime is not { } runtime) return picture;
        var summary = runtime.Summary;
        picture["model"] = Model(state.Model?.Name, summary);
        var replicas = runtime.Picture.Replicas;
        picture["replicas"] = new JArray(replicas.Select(replica => ReplicaJson.Of(replica, summary)));
        var cluster = runtime.Cluster is { } view ? await view.ReportAsync() : null;
        picture["nodes"] = new JArray((cluster?.Nodes ?? []).Select(node => Node(state, node, summary, replicas)));
        picture["placement"] = new JArray(cluster?.Placement ?? []);
        return picture;
    }

    private static JObject Server(ServerState state) => new()
    {
        ["version"] = VersionEndpoint.Version,
        ["state"] = state.Status,
        ["started_at"] = AdminJson.Time(state.Startup.BeganAt),
        ["now"] = AdminJson.Time(TimeProvider.System.GetUtcNow()),
        ["running"] = state.Health?.RunningRequests ?? 0,
        ["waiting"] = state.Health?.WaitingRequests ?? 0,
        ["resumes"] = state.Runtime?.Picture.Resumes ?? 0,
    };

    private static JObject Model(string? name, RuntimeSummary summary) => new()
    {
        ["name"] = name, ["architecture"] = summary.Architecture, ["max_model_len"] = summary.MaxModelLen, ["vocabulary_size"] = summary.VocabularySize,
        ["weight_bytes"] = summary.WeightBytes, ["kv_bytes"] = summary.KvBytes, ["kv_block_size"] = summary.KvBlockSize,
        ["tensor_parallel_size"] = summary.TensorParallel, ["pipeline_parallel_size"] = summary.PipelineParallel, ["data_parallel_size"] = summary.DataParallel,
        ["compute_threads"] = summary.ComputeThreads, ["instruction_set"] = summary.InstructionSet,
    };

    // Only what this process hosts is known down to the bytes of each element.
    private static JObject Node(ServerState state, ClusterNodeReport node, RuntimeSummary summary, IReadOnlyList<ReplicaPicture> replicas) => new()
    {
        ["name"] = node.Name, ["address"] = node.Address, ["role"] = node.Role, ["state"] = node.State, ["devices"] = node.Devices, ["self"] = node.IsSelf,
        ["npus"] = !node.IsSelf ? new JArray() : new JArray(summary.Pes.GroupBy(pe => pe.Name[..pe.Name.LastIndexOf(':')]).Select(npu => new JObject
        {
            ["name"] = npu.Key,
            ["pes"] = new JArray(npu.Select(pe => PeJson(state, pe, replicas))),
        })),
    };

    private static JObject PeJson(ServerState state, PeSummary pe, IReadOnlyList<ReplicaPicture> replicas) => new()
    {
        ["name"] = pe.Name, ["replica"] = pe.Replica, ["stage"] = pe.Stage, ["rank"] = pe.Rank,
        ["state"] = replicas.FirstOrDefault(replica => replica.Index == pe.Replica)?.State ?? "loading",
        ["first_layer"] = pe.FirstLayer, ["layers"] = pe.LayerCount, ["query_heads"] = pe.QueryHeads, ["kv_heads"] = pe.KvHeads,
        ["weight_bytes"] = pe.WeightBytes, ["kv_bytes"] = pe.KvBytes,
        ["utilization"] = AdminJson.Round(state.Observatory.Metrics?.UtilizationOf(pe.Replica, pe.Stage, pe.Name) ?? 0),
    };
}
