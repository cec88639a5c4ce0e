using System.Globalization;
using Furiosa.Actors.Scheduling;
using Furiosa.Device.Execution;
using Furiosa.Device.Mesh;
using Furiosa.Device.Models;

namespace Furiosa.Actors.Hosting;

/// <summary>Works out what memory a start takes, before any weights are packed.</summary>
internal static class RuntimePlanner
{
    /// <summary>The plan of a start that is not made.</summary>
    /// <exception cref="RuntimeConfigurationException">The options or the devices do not fit the model.</exception>
    public static RuntimePlan Plan(RuntimeOptions options)
    {
        var notices = new List<string>();
        options = MeshPlacer.Heed(options, notices);
        var mesh = MeshPlacer.Place(options);
        using var host = ModelOpener.Open(options, null);
        RequireLayers(host, mesh);
        var weights = WeightBytes(host, mesh);
        var free = MachineMemory.Free();
        MemoryPlan? memory = null;
        string? problem = null;
        try
        {
            memory = PlanMemory(options, host, mesh, weights, free);
            if (memory.Notice is not null) notices.Add(memory.Notice);
        }
        catch (RuntimeConfigurationException fault)
        {
            problem = fault.Message;
        }

        var cache = memory?.Cache ?? default;
        return new RuntimePlan(
            Rows(host, mesh, cache), mesh.DataParallel, mesh.TensorParallel, mesh.PipelineParallel, weights, host.KvBytesPerBlock / KvBlocks.Size,
            ((host.KvBytesPerBlock * cache.Blocks) + (host.StateBytesPerSlot * cache.States)) * mesh.DataParallel, host.ScratchBytes(options.MaxNumBatchedTokens ?? SchedulerOptions.DefaultMaxBatchedTokens) * mesh.DataParallel,
            free, (long)cache.Blocks * KvBlocks.Size, memory?.MaxModelLen ?? 0, problem, [.. mesh.Notices, .. notices])
        {
            States = cache.States,
            BytesPerState = host.StateBytesPerSlot,
        };
    }

    /// <summary>Plans the KV caches with the weights in place.</summary>
    /// <exception cref="RuntimeConfigurationException">They do not fit; the message names the setting that would.</exception>
    public static MemoryPlan PlanMemory(RuntimeOptions options, IModelHost host, DeviceMesh mesh, long weights, long free)
    {
        RequireLayers(host, mesh);
        if (options.MaxModelLen > host.MaxModelLen)
            throw new RuntimeConfigurationException($"--max-model-len {options.MaxModelLen} is more than the {host.MaxModelLen} tokens that the model was made for: lower it.");
        if (weights >= free && options.Cluster is null) throw new RuntimeConfigurationException(TooLarge(options, mesh, weights, free));
        var available = free - weights;
        if (options.EmulatedDeviceBytes is { } bytes)
        {
            var devices = mesh.Replicas.SelectMany(replica => replica.Stages).Select(stage => stage.Device).Distinct().Count();
            available = Math.Min(available, 2 * ((bytes * devices) - weights));
        }

        // Nodes of a cluster must agree on the longest sequence, so that none lowers it by itself.
        var asked = options.Cluster is null ? options : options with { MaxModelLen = host.MaxModelLen };
        return MemoryPlan.Make(asked, options.MaxModelLen ?? host.MaxModelLen, host.KvBytesPerBlock, host.StateBytesPerSlot, mesh.DataParallel, Math.Max(0, available));
    }

    /// <summary>Weights of the process: one copy for all replicas.</summary>
    public static long WeightBytes(IModelHost host, DeviceMesh mesh) =>
        host.SharedBytes + Enumerable.Range(0, mesh.PipelineParallel).Sum(stage => host.Measure(mesh.TensorParallel, stage, mesh.PipelineParallel).Sum(pe => pe.WeightBytes));

    private static void RequireLayers(IModelHost host, DeviceMesh mesh)
    {
        if (mesh.PipelineParallel > host.Config.LayerCount)
            throw new RuntimeConfigurationException($"-pp {mesh.PipelineParallel} is more than the model's {host.Config.LayerCount} layers: use 1 to {host.Config.LayerCount}.");
    }

    // Says which of the ways to keep weights would fit, having tried them.
    private static string TooLarge(RuntimeOptions options, DeviceMesh mesh, long weights, long free)
    {
        var problem = $"The weights take {Gigabytes(weights)} GB, but only {Gigabytes(free)} GB of memory are free: ";
        if (options.Quantization != "none") return problem + "use a smaller model or a machine with more memory.";
        if (options.Bf16Weights == "plain")
        {
            using var host = ModelOpener.Open(options with { Bf16Weights = "auto" }, null);
            var smaller = WeightBytes(host, mesh);
            if (smaller < free) return problem + $"with --bf16-weights auto they take {Gigabytes(smaller)} GB.";
        }

        foreach (var quantization in WeightQuantizations.Names.Skip(1))
        {
            using var host = ModelOpener.Open(options with { Quantization = quantization, Bf16Products = "exact", Dtype = "auto" }, null);
            var smaller = WeightBytes(host, mesh);
            if (smaller < free) return problem + $"with --quantization {quantization} they take {Gigabytes(smaller)} GB.";
        }

        return problem + $"use a smaller model or a machine with more memory; --quantization {WeightQuantizations.Names[^1]} would not be enough.";
    }

    private static List<PeSummary> Rows(IModelHost host, DeviceMesh mesh, CacheSize cache)
    {
        var rows = new List<PeSummary>();
        foreach (var stage in mesh.Replicas[0].Stages)
        {
            var pes = host.Measure(mesh.TensorParallel, stage.Index, mesh.PipelineParallel);
            rows.AddRange(pes.Select((pe, rank) => new PeSummary(
                stage.Pes[rank].ToString(), 0, stage.Index, rank, pe.FirstLayer, pe.LayerCount, pe.QueryHeads, pe.KvHeads, pe.WeightBytes, (pe.KvBytes * cache.Blocks) + (pe.StateBytes * cache.States))));
        }

        return rows;
    }

    private static string Gigabytes(long bytes) => (bytes / 1e9).ToString("0.##", CultureInfo.InvariantCulture);
}
