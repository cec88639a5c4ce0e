using Furiosa.Actors.Hosting;
using Furiosa.Actors.Observation;
using Furiosa.Gateway.Health;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Observability.Metrics;
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
        picture["nodes"] = new JArray((cluster?.Nodes ?? []).Select(node => Node(state, node, replicas)));
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

    private static JObject Node(ServerState state, ClusterNodeReport node, IReadOnlyList<ReplicaPicture> replicas) => new()
    {
        ["name"] = node.Name, ["address"] = node.Address, ["role"] = node.Role, ["state"] = node.State, ["devices"] = node.Devices, ["self"] = node.IsSelf,
        ["npus"] = new JArray(node.Pes.GroupBy(pe => pe.Name[..pe.Name.LastIndexOf(':')]).Select(npu => new JObject
        {
            ["name"] = npu.Key,
            ["pes"] = new JArray(npu.Select(pe => PeJson(state, node, pe, replicas))),
        })),
    };

    // What an element holds was told with its replica, whose work other device nodes do not hear of.
    private static JObject PeJson(ServerState state, ClusterNodeReport node, ClusterPeReport pe, IReadOnlyList<ReplicaPicture> replicas)
    {
        var held = replicas.FirstOrDefault(replica => replica.Index == pe.Replica)?.Pes.FirstOrDefault(one => one.Stage == pe.Stage && one.Rank == pe.Rank);
        return new JObject
        {
            ["name"] = pe.Name, ["replica"] = pe.Replica, ["stage"] = pe.Stage, ["rank"] = pe.Rank, ["state"] = pe.State,
            ["first_layer"] = held?.FirstLayer ?? 0, ["layers"] = held?.LayerCount ?? 0, ["query_heads"] = held?.QueryHeads ?? 0, ["kv_heads"] = held?.KvHeads ?? 0,
            ["weight_bytes"] = held?.WeightBytes ?? 0, ["kv_bytes"] = held?.KvBytes ?? 0,
            ["utilization"] = pe is { State: not "lost", Replica: { } replica, Stage: { } stage }
                && state.Observatory.UtilizationOf(new PePlace(replica, stage, node.Address.Length == 0 ? "" : node.Name, pe.Name), held is not null || node.IsSelf) is { } busy
                    ? AdminJson.Round(busy)
                    : null,
        };
    }
}
