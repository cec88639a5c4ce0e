using System.Globalization;

namespace Furiosa.Actors.Cluster;

/// <summary>Akka's settings for a node of a cluster.</summary>
internal static class ClusterConfiguration
{
    /// <summary>Name of every node's actor system.</summary>
    public const string SystemName = "furiosa";

    public static string Of(ClusterOptions options, NodeRoles role) => string.Create(CultureInfo.InvariantCulture, $$"""
        akka {
          actor.provider = cluster
          # See ShutdownHold.
          coordinated-shutdown.phases.before-service-unbind.timeout = 100d
          remote {
            # A node that was killed and comes back must be reached at once, not after the usual five seconds.
            retry-gate-closed-for = 300ms
            # Who was removed is to be heard again, so that the sides of a split find each other. What it still sends of its earlier life is
            # fenced by sessions and epochs.
            prune-quarantine-marker-after = 1s
            # Each node speaks on a connection that it has made itself: one that was given up and still arrives could make another node deaf
            # (decision 18).
            use-passive-connections = off
            # Nodes that come and go are told of by this node's own actors, once each.
            log-remote-lifecycle-events = off
            dot-netty.tcp {
              hostname = "{{options.BindHostname ?? options.Hostname}}"
              public-hostname = "{{options.Hostname}}"
              port = {{options.Port}}
              connection-timeout = 3s
              enable-ssl = {{(options.Tls is null ? "off" : "on")}}
              # Collecting small messages would hold each token back for up to 40 ms.
              batching.enabled = off
            }
          }
          cluster {
            roles = [{{string.Join(", ", ClusterRoles.Of(role))}}]
            {{options.Resolver.Settings(options.DownAfter)}}
            # A node that was removed gives its requests to its next life before it ends.
            run-coordinated-shutdown-when-down = off
            gossip-interval = 300ms
            leader-actions-interval = 300ms
            unreachable-nodes-reaper-interval = 500ms
            periodic-tasks-initial-delay = 200ms
            seed-node-timeout = 1s
            retry-unsuccessful-join-after = 1s
            allow-weakly-up-members = 2s
            failure-detector {
              heartbeat-interval = 500ms
              acceptable-heartbeat-pause = 4s
            }
            # Nodes make themselves known by what they tell of themselves.
            log-info = off
          }
        }
        """);
}
