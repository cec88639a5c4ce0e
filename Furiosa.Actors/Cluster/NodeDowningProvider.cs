using Akka.Actor;
using Akka.Cluster;

namespace Furiosa.Actors.Cluster;

/// <summary>Makes the actor that removes unreachable nodes; named in the cluster's settings, and so found by its constructor.</summary>
internal sealed class NodeDowningProvider : IDowningProvider
{
    private readonly TimeSpan _after;

    public NodeDowningProvider(ActorSystem system, Akka.Cluster.Cluster cluster)
    {
        _ = cluster;
        _after = system.Settings.Config.GetTimeSpan(SettingPath);
    }

    /// <summary>Where the time is that unreachable nodes are given.</summary>
    public const string SettingPath = "akka.cluster.furiosa-down-after";

    /// <summary>Nothing waits for the removal of a node but its return as a new one.</summary>
    public TimeSpan DownRemovalMargin => TimeSpan.Zero;

    public Props DowningActorProps
    {
        get
        {
            var after = _after;
            return Props.Create(() => new NodeDowningActor(after));
        }
    }
}
