using System.Collections.Immutable;
using System.Globalization;
using Akka.Actor;
using Furiosa.Actors.Cluster;
using Furiosa.Actors.Gateways;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Replicas;
using Furiosa.Actors.Scheduling;
using Furiosa.Actors.Streams;
using Furiosa.Device.Execution;
using Furiosa.Device.Loading;
using Furiosa.Device.Mesh;
using Furiosa.Device.Models;
using AkkaCluster = Akka.Cluster.Cluster;

namespace Furiosa.Actors.Hosting;

/// <summary>Starts a runtime, phase by phase; what was started is stopped again when a phase fails.</summary>
internal sealed class RuntimeStarter(RuntimeOptions options, IProgress<StartupProgress>? progress, CancellationToken cancellation)
{
    /// <summary>Lines for the admin that were known before the start.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    public async Task<IFuriosaRuntime> StartAsync(Func<IModelHost> open)
    {
        RequirePositive(options.MaxNumBatchedTokens, "--max-num-batched-tokens");
        RequirePositive(options.MaxConcurrency, "--max-concurrency");
        RequirePositive(options.StepsInFlight, "the number of steps in flight");
        RequirePositive(options.MaxModelLen, "--max-model-len");
        if (!options.Role.HasFlag(NodeRoles.Device)) return await StartGatewayAsync().ConfigureAwait(false);
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
            $"KV cache of {memory.BlockCount} blocks of {KvBlocks.Size} positions for each replica ({mesh.DataParallel}), sequences of up to {memory.MaxModelLen} tokens"), 1);
        return memory;
    }

    private async Task<IFuriosaRuntime> StartActorsAsync(IModelHost host, DeviceMesh mesh, MemoryPlan memory)
    {
        var board = new RuntimeBoard(options.Cluster is null ? mesh.DataParallel : 0);
        var table = new RequestTable();
        var system = CreateSystem();
        try
        {
            var gateway = options.Role.HasFlag(NodeRoles.Gateway) ? StartGateway(system, board) : ActorRefs.Nobody;
            var layers = new LayerProgress(progress, mesh.DataParallel * host.Config.LayerCount);
            var settings = new NodeSettings(Replicas(mesh, memory), gateway, layers);
            var node = system.ActorOf(Props.Create(() => new NodeActor(settings, host)), "node");
            if (options.Cluster is not null)
            {
                var pes = mesh.Replicas.SelectMany(replica => replica.Stages).SelectMany(stage => stage.Pes);
                var peers = await JoinAsync(system, host.MaxModelLen, pes, gateway).ConfigureAwait(false);
                node.Tell(new PeersReady(peers), ActorRefs.NoSender);
            }
            var footprints = await settings.AllServing.Task.WaitAsync(cancellation).ConfigureAwait(false);
            if (!gateway.IsNobody()) await board.AllServing.WaitAsync(cancellation).ConfigureAwait(false);
            // By itself a process has nowhere to move what it hosts: its gateway waits for it.
            var runtime = new StartedRuntime(system, gateway, options.Cluster is null ? ActorRefs.Nobody : node, table, board, host, options.DrainTimeout)
            {
                Summary = SummaryBuilder.Build(host, mesh, memory, footprints, Notices),
            };
            Report(StartupPhase.Serving, "Ready for requests", 1);
            return runtime;
        }
        catch
        {
            await system.Terminate().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A gateway without devices: it needs no weights, and serves when a device node does.</summary>
    private async Task<IFuriosaRuntime> StartGatewayAsync()
    {
        if (options.Cluster is null) throw new RuntimeConfigurationException("A gateway without devices needs a cluster.");
        var config = ModelConfig.Read(ModelDirectory.Open(options.ModelDirectory));
        var longest = options.MaxModelLen ?? config.MaxPositionEmbeddings;
        if (longest > config.MaxPositionEmbeddings)
            throw new RuntimeConfigurationException($"--max-model-len {longest} is more than the {config.MaxPositionEmbeddings} tokens that the model was made for: lower it.");
        var board = new RuntimeBoard(0);
        var system = CreateSystem();
        try
        {
            var gateway = StartGateway(system, board);
            await JoinAsync(system, longest, [], gateway).ConfigureAwait(false);
            var runtime = new StartedRuntime(system, gateway, ActorRefs.Nobody, new RequestTable(), board, null, options.DrainTimeout)
            {
                Summary = SummaryBuilder.OfGateway(config, longest),
            };
            Report(StartupPhase.Serving, "Ready for requests", 1);
            return runtime;
        }
        catch
        {
            await system.Terminate().ConfigureAwait(false);
            throw;
        }
    }

    private IActorRef StartGateway(ActorSystem system, RuntimeBoard board)
    {
        var settings = new GatewaySettings(options.MaxQueuedRequests, board)
        {
            CapacityWait = options.Cluster?.CapacityWait ?? TimeSpan.Zero,
            SilenceTimeout = options.Cluster?.SilenceTimeout,
        };
        return system.ActorOf(Props.Create(() => new GatewayActor(settings)), "gateway");
    }

    private async Task<IActorRef> JoinAsync(ActorSystem system, int maxModelLen, IEnumerable<PeId> pes, IActorRef gateway)
    {
        Report(StartupPhase.Cluster, $"Joining the cluster as {AkkaCluster.Get(system).SelfAddress}", 0);
        var refused = new TaskCompletionSource<IActorRef>(TaskCreationOptions.RunContinuationsAsynchronously);
        var joining = ClusterMember.JoinAsync(system, options, ModelFingerprint.Of(options, maxModelLen), pes, gateway.IsNobody() ? [] : [gateway], Refuse, cancellation);
        return await (await Task.WhenAny(joining, refused.Task).ConfigureAwait(false)).ConfigureAwait(false);

        // Whoever is refused later has been running beside nodes of another model: it ends, and says why.
        void Refuse(string reason)
        {
            if (!refused.TrySetException(new RuntimeStartException($"The cluster refuses this node: {reason}"))) return;
            Report(StartupPhase.Cluster, $"The cluster refuses this node: {reason}", 1);
            system.Terminate();
        }
    }

    private ActorSystem CreateSystem()
    {
        var settings = AkkaConfiguration.Build(options);
        try
        {
            return ActorSystem.Create(ClusterConfiguration.SystemName, settings);
        }
        catch (Exception fault) when (!string.IsNullOrWhiteSpace(options.AkkaHocon))
        {
            // Akka checks its settings while it starts, with exceptions of many kinds.
            throw new RuntimeConfigurationException($"Akka refuses the akka section of the configuration: {fault.GetBaseException().Message.ReplaceLineEndings(" ")}", fault);
        }
    }

    private ImmutableArray<ReplicaSettings> Replicas(DeviceMesh mesh, MemoryPlan memory)
    {
        var scheduler = new SchedulerOptions
        {
            BlockCount = memory.BlockCount,
            MaxModelLen = memory.MaxModelLen,
            MaxBatchedTokens = options.MaxNumBatchedTokens ?? SchedulerOptions.DefaultMaxBatchedTokens,
            MaxConcurrency = options.MaxConcurrency ?? SchedulerOptions.DefaultMaxConcurrency,
            PrefixCaching = options.EnablePrefixCaching,
            // All stages of a process compute on one team of threads: by default one step is under way.
            StepsInFlight = options.StepsInFlight ?? 1,
        };
        return [.. mesh.Replicas.Select(replica => new ReplicaSettings(replica.Index, Placements(replica), scheduler)
        {
            StepTimeout = options.StepTimeout,
            ReportInterval = options.Cluster?.BeatInterval ?? TimeSpan.Zero,
        })];
    }

    private static ImmutableArray<PlannedStage> Placements(MeshReplica replica) =>
        [.. replica.Stages.Select(stage => PlannedStage.Here(stage.Index, stage.Pes))];

    private static void RequirePositive(int? value, string name)
    {
        if (value < 1) throw new RuntimeConfigurationException($"{name} is {value}: give 1 or more.");
    }

    private void Report(StartupPhase phase, string message, double fraction) => progress?.Report(new(phase, message, fraction));
}
