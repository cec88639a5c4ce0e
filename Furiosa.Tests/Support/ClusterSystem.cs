using Akka.Actor;
using Akka.Configuration;
using Furiosa.Actors.Cluster;
using Furiosa.Actors.Hosting;
using SplitBrainResolver = Furiosa.Actors.Cluster.SplitBrainResolver;

namespace Furiosa.Tests.Support;

/// <summary>Actor systems of this process that can form a cluster, with the runtime's own settings.</summary>
internal static class ClusterSystem
{
    // Faster than anybody would have it, for a test that takes seconds.
    private const string Fast = """
        akka {
          loglevel = ERROR
          # Who vanishes takes no leave.
          coordinated-shutdown.run-by-actor-system-terminate = off
          cluster.failure-detector { heartbeat-interval = 200ms, acceptable-heartbeat-pause = 3s }
        }
        """;

    /// <summary>Starts one that is in no cluster yet.</summary>
    /// <param name="resolver">Who goes on when a cluster splits.</param>
    /// <param name="role">What it is for.</param>
    /// <param name="settings">HOCON that goes before all other settings.</param>
    public static ActorSystem Start(SplitBrainResolver resolver, NodeRoles role, string settings = "")
    {
        var options = new ClusterOptions { Hostname = "127.0.0.1", Port = 0, DownAfter = TimeSpan.FromSeconds(2), Resolver = resolver };
        var config = AkkaConfiguration.Build(new RuntimeOptions { ModelDirectory = "", Role = role, Cluster = options });
        return ActorSystem.Create(ClusterConfiguration.SystemName, ConfigurationFactory.ParseString($"{Fast}\n{settings}").WithFallback(config));
    }
}
