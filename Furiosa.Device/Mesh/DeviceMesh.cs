using System.Collections.Immutable;

namespace Furiosa.Device.Mesh;

/// <summary>Which PEs run which stage of which replica.</summary>
public sealed record DeviceMesh
{
    /// <summary>PEs of a tensor-parallel group.</summary>
    public required int TensorParallel { get; init; }

    /// <summary>The replicas; each has the same number of stages.</summary>
    public required ImmutableArray<MeshReplica> Replicas { get; init; }

    /// <summary>Lines for the admin: dropped PEs, stages that share a device.</summary>
    public required ImmutableArray<string> Notices { get; init; }

    /// <summary>Stages of each replica.</summary>
    public int PipelineParallel => Replicas[0].Stages.Length;

    /// <summary>Number of replicas.</summary>
    public int DataParallel => Replicas.Length;

    /// <summary>Cuts PEs into groups, and groups into the stages of replicas.</summary>
    /// <param name="pes">The PEs that may be used, in any order; one named twice counts once.</param>
    /// <param name="tp">PEs of a group: 1, 2, 4 or 8.</param>
    /// <param name="pp">Stages of a replica.</param>
    /// <param name="dp">Replicas, or null for as many as the PEs allow.</param>
    /// <exception cref="DeviceSpecException">A degree is out of range, PEs are too few, or they do not fuse to groups.</exception>
    public static DeviceMesh Build(IReadOnlyList<PeId> pes, int tp, int pp, int? dp)
    {
        var degrees = new ParallelDegrees(tp, pp, dp).Checked();
        PeId[] given = [.. pes.Distinct().Order()];
        if (given.Length == 0) throw new DeviceSpecException("No devices are given.");
        var replicaCount = dp ?? Math.Max(1, given.Length / degrees.PesPerReplica);
        var required = (long)replicaCount * degrees.PesPerReplica;
        if (given.Length < required)
        {
            throw new DeviceSpecException(
                $"Not enough devices to run the model. {required} PEs are required (dp {replicaCount} x pp {pp} x tp {tp}). "
                + $"Given devices: {DeviceSpec.Format(given)} ({given.Length} PEs): name more with --devices or lower -tp, -pp or -dp.");
        }

        var notices = ImmutableArray.CreateBuilder<string>();
        if (given.Length > required) notices.Add($"INFO: subsetting devices to {required} PEs.");
        var groups = PeFusion.Fuse(given.AsSpan(0, (int)required), tp);
        var replicas = StagePlanner.Plan(groups, pp, replicaCount);
        if (StagePlanner.SharedDevices(replicas) is { Count: > 0 } shared)
            notices.Add($"INFO: stages of one replica share {string.Join(", ", shared.Select(device => $"npu:{device}"))}: pipeline parallelism within a device brings no speed.");
        return new DeviceMesh { TensorParallel = tp, Replicas = replicas, Notices = notices.ToImmutable() };
    }
}
