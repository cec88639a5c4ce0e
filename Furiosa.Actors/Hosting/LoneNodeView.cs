using Furiosa.Actors.Gateways;

namespace Furiosa.Actors.Hosting;

/// <summary>A process that is in no cluster, as admins see it.</summary>
internal sealed class LoneNodeView(RuntimeSummary summary, RuntimeBoard board) : IClusterView
{
    private const string Name = "this server";

    public Task<ClusterReport> ReportAsync()
    {
        var state = board.Health.State.ToString().ToLowerInvariant();
        var replicas = summary.Pes.GroupBy(pe => pe.Replica).Select(replica => new ClusterReplicaReport(
            replica.Key, state, Name, [.. replica.GroupBy(pe => pe.Stage).Select(stage => string.Join(", ", stage.Select(pe => pe.Name)))]));
        return Task.FromResult(new ClusterReport(
            [new ClusterNodeReport(Name, "", "all", board.Health.State == RuntimeState.Draining ? "draining" : "up", string.Join(", ", summary.Pes.Select(pe => pe.Name)), IsSelf: true)
            {
                Pes = [.. summary.Pes.Select(pe => new ClusterPeReport(pe.Name, StateOf(pe.Replica), pe.Replica, pe.Stage, pe.Rank))],
            }],
            [.. replicas], ["A server by itself: all replicas are in it. Start it with --cluster-port to let others join."]));
    }

    private string StateOf(int replica) => board.Picture.Replicas.FirstOrDefault(one => one.Index == replica)?.State ?? "loading";

    public Task<string?> DrainAsync(string node, bool drains) =>
        Task.FromResult<string?>("This server is in no cluster: stop it with SIGTERM, and it finishes what it answers.");
}
