using System.Collections.Immutable;
using System.Globalization;
using Akka.Actor;
using Furiosa.Actors.Gateways;
using Furiosa.Actors.Replicas;
using Furiosa.Actors.Scheduling;
using Furiosa.Actors.Streams;
using Furiosa.Device.Execution;
using Furiosa.Device.Mesh;

namespace Furiosa.Actors.Hosting;

/// <summary>Starts a runtime, phase by phase; what was started is stopped again when a phase fails.</summary>
internal sealed class RuntimeStarter(RuntimeOptions options, IProgress<StartupProgress>? progress, CancellationToken cancellation)
{
    public async Task<IFuriosaRuntime> StartAsync(Func<IModelHost> open)
    {
        RequirePositive(options.MaxNumBatchedTokens, "--max-num-batched-tokens");
        RequirePositive(options.MaxConcurrency, "--max-concurrency");
        RequirePositive(options.StepsInFlight, "the number of steps in flight");
        RequirePositive(options.MaxModelLen, "--max-model-len");
        var mesh = PlaceMesh();
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

    private DeviceMesh PlaceMesh()
    {
        Report(StartupPhase.Mesh, "Placing processing elements", 0);
        try
        {
            var degrees = new ParallelDegrees(options.TensorParallel ?? ParallelDegrees.DefaultTensor, options.PipelineParallel ?? ParallelDegrees.DefaultPipeline, options.DataParallel);
            var pes = DeviceDefaults.Resolve(options.Devices, degrees, options.EmulatedDevices, Environment.ProcessorCount);
            return DeviceMesh.Build(pes, degrees.Tensor, degrees.Pipeline, degrees.Data);
        }
        catch (DeviceSpecException fault)
        {
            throw new RuntimeConfigurationException(fault.Message, fault);
        }
    }

    private MemoryPlan PlanMemory(IModelHost host, DeviceMesh mesh)
    {
        if (mesh.PipelineParallel > host.Config.LayerCount)
            throw new RuntimeConfigurationException($"-pp {mesh.PipelineParallel} is more than the model's {host.Config.LayerCount} layers: use 1 to {host.Config.LayerCount}.");
        if (options.MaxModelLen > host.MaxModelLen)
            throw new RuntimeConfigurationException($"--max-model-len {options.MaxModelLen} is more than the {host.MaxModelLen} tokens that the model was made for: lower it.");
        var weights = MachineMemory.WeightFiles(options.ModelDirectory);
        var available = MachineMemory.Free() - weights;
        if (options.EmulatedDeviceBytes is { } bytes)
        {
            var devices = mesh.Replicas.SelectMany(replica => replica.Stages).Select(stage => stage.Device).Distinct().Count();
            available = Math.Min(available, 2 * ((bytes * devices) - weights));
        }
        var memory = MemoryPlan.Make(options, options.MaxModelLen ?? host.MaxModelLen, host.KvBytesPerBlock, mesh.DataParallel, Math.Max(0, available));
        Report(StartupPhase.Memory, string.Create(CultureInfo.InvariantCulture,
            $"KV cache of {memory.BlockCount} blocks of {KvBlocks.Size} positions for each replica ({mesh.DataParallel}), sequences of up to {memory.MaxModelLen} tokens"), 1);
        return memory;
    }

    private async Task<IFuriosaRuntime> StartActorsAsync(IModelHost host, DeviceMesh mesh, MemoryPlan memory)
    {
        var board = new RuntimeBoard(mesh.DataParallel);
        var table = new RequestTable();
        var system = CreateSystem();
        var settings = new GatewaySettings(options.MaxQueuedRequests, board);
        var gateway = system.ActorOf(Props.Create(() => new GatewayActor(settings)), "gateway");
        var replicas = Replicas(mesh, memory);
        var layers = new LayerProgress(progress, mesh.DataParallel * host.Config.LayerCount);
        system.ActorOf(Props.Create(() => new NodeActor(replicas, host, gateway, layers)), "node");
        try
        {
            var footprints = await board.AllServing.WaitAsync(cancellation).ConfigureAwait(false);
            var runtime = new StartedRuntime(system, gateway, table, board, host, options.DrainTimeout)
            {
                Summary = SummaryBuilder.Build(host, mesh, memory, footprints),
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

    private ActorSystem CreateSystem()
    {
        var settings = AkkaConfiguration.Build(options);
        try
        {
            return ActorSystem.Create("furiosa", settings);
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
        return [.. mesh.Replicas.Select(replica => new ReplicaSettings(replica.Index, Placements(replica), scheduler))];
    }

    private static ImmutableArray<StagePlacement> Placements(MeshReplica replica) =>
        [.. replica.Stages.Select(stage => new StagePlacement(
            replica.Index, stage.Index, replica.Stages.Length, stage.Pes, [.. Enumerable.Range(0, stage.Pes.Length)]))];

    private static void RequirePositive(int? value, string name)
    {
        if (value < 1) throw new RuntimeConfigurationException($"{name} is {value}: give 1 or more.");
    }

    private void Report(StartupPhase phase, string message, double fraction) => progress?.Report(new(phase, message, fraction));
}
