using System.Collections.Immutable;
using System.Globalization;
using Akka.Actor;
using Akka.Actor.Setup;
using Furiosa.Actors.Archive;
using Furiosa.Actors.Cluster;
using Furiosa.Actors.Gateways;
using Furiosa.Actors.Replicas;
using Furiosa.Actors.Routing;
using Furiosa.Actors.Scheduling;
using Furiosa.Device.Execution;
using Furiosa.Device.Links;
using Furiosa.Device.Mesh;

namespace Furiosa.Actors.Hosting;

/// <summary>Starts a runtime, phase by phase; what was started is stopped again when a phase fails.</summary>
internal sealed class RuntimeStarter(RuntimeOptions options, IProgress<StartupProgress>? progress, CancellationToken cancellation)
{
    /// <summary>Lines for the admin that were known before the start.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    public async Task<IFuriosaRuntime> StartAsync(Func<IModelHost> open)
    {
        RequireInRange(options);
        if (options.Cluster is not null) return await new ClusterStarter(options, progress, cancellation).StartAsync(open).ConfigureAwait(false);
        Report(StartupPhase.Mesh, "Placing processing elements", 0);
        var mesh = MeshPlacer.Place(options);
        Report(StartupPhase.Model, $"Opening {options.ModelDirectory}", 0);
        var host = await Task.Run(open, cancellation).ConfigureAwait(false);
        try
        {
            var memory = PlanMemory(host, mesh);
            return await StartActorsAsync(host, mesh, memory).ConfigureAwait(false);
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    private MemoryPlan PlanMemory(IModelHost host, DeviceMesh mesh)
    {
        var memory = RuntimePlanner.PlanMemory(options, host, mesh, RuntimePlanner.WeightBytes(host, mesh), MachineMemory.Free());
        Report(StartupPhase.Memory, string.Create(CultureInfo.InvariantCulture,
            $"KV cache of {memory.Cache.Blocks} blocks of {KvBlocks.Size} positions{MemoryPlan.ShowStates(memory.Cache, host.StateBytesPerSlot)} for each replica ({mesh.DataParallel}), sequences of up to {memory.MaxModelLen} tokens"), 1);
        return memory;
    }

    private async Task<IFuriosaRuntime> StartActorsAsync(IModelHost host, DeviceMesh mesh, MemoryPlan memory)
    {
        var board = new RuntimeBoard(mesh.DataParallel);
        var hall = RequestHall.ForOneSystem(options);
        var system = CreateSystem(options);
        try
        {
            var gateways = new GatewaySettings(options.MaxQueuedRequests, board) { Router = () => ReplicaRouters.Make(options.RoutingPolicy, options.ScoringProfile) };
            var gateway = system.ActorOf(Props.Create(() => new GatewayActor(gateways)).On(system, ChainDispatchers.Answers), "gateway");
            var layers = new LayerProgress(progress, mesh.DataParallel * host.Config.LayerCount);
            var settings = new NodeSettings(Replicas(mesh, memory), gateway, layers);
            system.ActorOf(Props.Create(() => new NodeActor(settings, host)), "node");
            var archive = system.ActorOf(Props.Create(() => new ArchiveActor(hall.Shelf)), ArchiveActor.Name);
            var footprints = await settings.AllServing.Task.WaitAsync(cancellation).ConfigureAwait(false);
            await board.AllServing.WaitAsync(cancellation).ConfigureAwait(false);
            var summary = SummaryBuilder.Build(options, host, mesh, memory, footprints, Notices);
            // By itself a process has nowhere to move what it hosts: its gateway waits for it.
            var runtime = new StartedRuntime(system, gateway, ActorRefs.Nobody, hall, board, host, options.DrainTimeout)
            {
                Summary = summary,
                Cluster = new LoneNodeView(summary, board),
            };
            hall.Archive.Attach(archive);
            Report(StartupPhase.Serving, "Ready for requests", 1);
            return runtime;
        }
        catch
        {
            await system.Terminate().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Makes the actor system with the built-in settings and the admin's.</summary>
    /// <exception cref="RuntimeConfigurationException">Akka refuses the settings.</exception>
    public static ActorSystem CreateSystem(RuntimeOptions options, ClusterCertificates? certificates = null, string name = ClusterConfiguration.SystemName)
    {
        var settings = ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(AkkaConfiguration.Build(options)));
        if (options.Loggers is { } loggers) settings = settings.And(new LogForwarder.Target(loggers));
        if (certificates is not null) settings = ClusterTransport.Secure(settings, certificates);
        try
        {
            return ActorSystem.Create(name, settings);
        }
        catch (Exception fault) when (!string.IsNullOrWhiteSpace(options.AkkaHocon))
        {
            // Akka checks its settings while it starts, with exceptions of many kinds.
            throw new RuntimeConfigurationException($"Akka refuses the akka section of the configuration: {fault.GetBaseException().Message.ReplaceLineEndings(" ")}", fault);
        }
    }

    /// <summary>What the schedulers are made with.</summary>
    public static SchedulerOptions Scheduler(RuntimeOptions options, CacheSize cache, int maxModelLen) => new()
    {
        BlockCount = cache.Blocks,
        StateCount = cache.States,
        MaxModelLen = maxModelLen,
        MaxBatchedTokens = options.MaxNumBatchedTokens ?? SchedulerOptions.DefaultMaxBatchedTokens,
        MaxConcurrency = options.MaxConcurrency ?? SchedulerOptions.DefaultMaxConcurrency,
        LookupTokens = options.PromptLookupTokens,
        PrefixCaching = options.EnablePrefixCaching,
        // All stages of a process compute on one team of threads: by default one step is under way.
        StepsInFlight = options.StepsInFlight ?? 1,
    };

    private ImmutableArray<ReplicaSettings> Replicas(DeviceMesh mesh, MemoryPlan memory)
    {
        var scheduler = Scheduler(options, memory.Cache, memory.MaxModelLen);
        return [.. mesh.Replicas.Select(replica => new ReplicaSettings(replica.Index, Placements(replica), scheduler)
        {
            StepTimeout = options.StepTimeout,
        })];
    }

    private static ImmutableArray<PlannedStage> Placements(MeshReplica replica) =>
        [.. replica.Stages.Select(stage => PlannedStage.Here(stage.Index, stage.Pes))];

    /// <exception cref="RuntimeConfigurationException">A bound is no positive number.</exception>
    public static void RequireInRange(RuntimeOptions options)
    {
        RequirePositive(options.MaxNumBatchedTokens, "--max-num-batched-tokens");
        RequirePositive(options.MaxConcurrency, "--max-concurrency");
        RequirePositive(options.StepsInFlight, "the number of steps in flight");
        RequirePositive(options.MaxModelLen, "--max-model-len");
        if (options.PromptLookupTokens is < 0 or > RuntimeOptions.MaxPromptLookupTokens)
            throw new RuntimeConfigurationException($"--prompt-lookup-num-tokens is {options.PromptLookupTokens}: give 0 to {RuntimeOptions.MaxPromptLookupTokens}.");
    }

    private static void RequirePositive(int? value, string name)
    {
        if (value < 1) throw new RuntimeConfigurationException($"{name} is {value}: give 1 or more.");
    }

    private void Report(StartupPhase phase, string message, double fraction) => progress?.Report(new(phase, message, fraction));
}
