using System.Collections.Immutable;
using Furiosa.Actors.Scheduling;
using Furiosa.Device.Execution;
using Furiosa.Device.Mesh;
using Furiosa.Device.Models;

namespace Furiosa.Actors.Hosting;

/// <summary>Makes the summary out of what was planned and what the PEs say they hold.</summary>
internal static class SummaryBuilder
{
    public static RuntimeSummary Build(
        RuntimeOptions options, IModelHost host, DeviceMesh mesh, MemoryPlan memory, ImmutableArray<ImmutableArray<ImmutableArray<PeFootprint>>> footprints,
        IEnumerable<string> more)
    {
        var rows = new List<PeSummary>();
        foreach (var replica in mesh.Replicas)
        {
            foreach (var stage in replica.Stages)
            {
                for (var rank = 0; rank < stage.Pes.Length; rank++)
                    rows.Add(Row(stage.Pes[rank], replica.Index, stage.Index, rank, footprints[replica.Index][stage.Index][rank]));
            }
        }
        // Replicas of a process share the packed weights.
        var weights = host.SharedBytes + rows.Where(row => row.Replica == 0).Sum(row => row.WeightBytes);
        string[] notices = [.. host.Notices, .. mesh.Notices, .. more, .. GuessNotice.For(options, host), .. memory.Notice is null ? Array.Empty<string>() : [memory.Notice]];
        return new RuntimeSummary(
            host.Config.Architecture, host.Config.VocabSize, memory.MaxModelLen, mesh.TensorParallel, mesh.PipelineParallel, mesh.DataParallel,
            host.ComputeThreads, host.InstructionSet, rows, memory.Cache.Blocks, KvBlocks.Size, host.SharedBytes, weights,
            rows.Sum(row => row.KvBytes), notices)
        {
            HiddenSize = host.Config.HiddenSize,
            StateCount = memory.Cache.States,
            StateBytes = host.StateBytesPerSlot,
        };
    }

    /// <summary>Of a node of a cluster, which is told later what it hosts.</summary>
    public static RuntimeSummary OfNode(ModelConfig config, int maxModelLen, IModelHost? host) =>
        new(config.Architecture, config.VocabSize, maxModelLen, 0, 0, 0, host?.ComputeThreads ?? 0, host?.InstructionSet ?? "", [], 0, KvBlocks.Size, 0, 0, 0, []);

    private static PeSummary Row(PeId id, int replica, int stage, int rank, PeFootprint footprint) => new(
        id.ToString(), replica, stage, rank, footprint.FirstLayer, footprint.LayerCount, footprint.QueryHeads, footprint.KvHeads,
        footprint.WeightBytes, footprint.KvBytes + footprint.StateBytes);
}
