using Akka.Actor;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Cluster;

/// <summary>The door to the actor that knows the nodes.</summary>
internal sealed class ClusterView(IActorRef peers) : IClusterView
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public Task<ClusterReport> ReportAsync() => peers.Ask<ClusterReport>(AskReport.Instance, Patience);

    public async Task<string?> DrainAsync(string node, bool drains) =>
        (await peers.Ask<NodeCommandTaken>(new CommandNode(node, drains), Patience).ConfigureAwait(false)).Problem;
}
