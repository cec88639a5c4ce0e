using System.Globalization;
using Akka.Configuration;
using Furiosa.Actors.Cluster;

namespace Furiosa.Actors.Hosting;

/// <summary>The actor system's settings: the built-in ones, and the admin's over them.</summary>
internal static class AkkaConfiguration
{
    // The host of the process owns its life: it calls StopAsync, and nothing here hooks signals or process exit.
    private const string Defaults = """
        akka {
          loglevel = WARNING
          stdout-loglevel = WARNING
          log-dead-letters-during-shutdown = off
          actor {
            serializers {
              furiosa = "Furiosa.Actors.Serialization.ProtocolSerializer, Furiosa.Actors"
              refusing = "Furiosa.Actors.Serialization.RefusingSerializer, Furiosa.Actors"
            }
            serialization-bindings {
              "Furiosa.Actors.Protocol.IFuriosaMessage, Furiosa.Actors" = furiosa
              "System.Object" = refusing
            }
            furiosa-steps.executor = "Furiosa.Actors.Hosting.ChainExecutors, Furiosa.Actors"
            furiosa-answers.executor = "Furiosa.Actors.Hosting.ChainExecutors, Furiosa.Actors"
          }
          coordinated-shutdown {
            run-by-clr-shutdown-hook = off
            exit-clr = off
          }
        }
        """;

    /// <summary>Merges the settings.</summary>
    /// <exception cref="RuntimeConfigurationException">The admin's text is not HOCON.</exception>
    public static Config Build(RuntimeOptions options)
    {
        // Draining, and then a little for readers to take their last events.
        var seconds = (options.DrainTimeout + StartedRuntime.LastReads).TotalSeconds + 5;
        var drain = string.Create(CultureInfo.InvariantCulture, $"akka.coordinated-shutdown.phases.service-requests-done.timeout = {seconds:0.###}s");
        var defaults = ConfigurationFactory.ParseString(drain).WithFallback(ConfigurationFactory.ParseString(Defaults));
        if (options.Loggers is not null) defaults = ConfigurationFactory.ParseString(LogForwarder.Hocon).WithFallback(defaults);
        if (options.Cluster is { } cluster) defaults = ConfigurationFactory.ParseString(ClusterConfiguration.Of(cluster, options.Role)).WithFallback(defaults);
        if (string.IsNullOrWhiteSpace(options.AkkaHocon)) return defaults;
        try
        {
            return ConfigurationFactory.ParseString(options.AkkaHocon).WithFallback(defaults);
        }
        catch (Exception fault)
        {
            throw new RuntimeConfigurationException($"The akka section of the configuration is not valid HOCON: {fault.Message.ReplaceLineEndings(" ")}", fault);
        }
    }
}
