using System.Globalization;
using Furiosa.Actors.Hosting;
using Furiosa.Gateway.Configuration;

namespace Furiosa.Gateway.Cli;

/// <summary>Says in a few lines what the memory is for.</summary>
internal static class MemoryReport
{
    public static IEnumerable<string> Lines(RuntimeSummary summary)
    {
        var positions = (long)summary.KvBlockCount * summary.KvBlockSize;
        yield return $"Layout: tp {summary.TensorParallel}, pp {summary.PipelineParallel}, dp {summary.DataParallel}; "
            + $"{summary.ComputeThreads} compute thread{(summary.ComputeThreads == 1 ? "" : "s")}, {summary.InstructionSet}; {summary.Architecture}";
        var isShared = summary.DataParallel > 1 ? $" (one copy for all {summary.DataParallel} replicas)" : "";
        yield return $"Memory: weights {ByteSize.Show(summary.WeightBytes)}{isShared}, KV cache {ByteSize.Show(summary.KvBytes)}";
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"KV cache of each replica: {summary.KvBlockCount:N0} blocks of {summary.KvBlockSize} = {positions:N0} tokens; a sequence may have {summary.MaxModelLen:N0}");
        if (summary.StateCount > 0)
            yield return string.Create(CultureInfo.InvariantCulture, $"States of each replica: {summary.StateCount:N0} of {ByteSize.Show(summary.StateBytes)} each, for sequences that run and for prefixes of later ones");
    }
}
