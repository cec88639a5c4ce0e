using System.Diagnostics;
using Furiosa.Device.Kernels;
using Furiosa.Device.Mesh;
using Furiosa.Device.Sampling;

namespace Furiosa.Device.Execution;

/// <summary>Times the engine alone, without actors or HTTP, beside a plain read of memory. Not a test: figures depend on the machine.</summary>
internal static class EngineBenchmark
{
    /// <summary>Times one model.</summary>
    /// <param name="directory">Model directory.</param>
    /// <param name="tensorParallel">PEs of the one stage.</param>
    /// <param name="threads">Compute threads; null for all cores.</param>
    /// <param name="promptTokens">Tokens of the prompt that is prefilled in one step.</param>
    /// <param name="newTokens">Tokens decoded one by one after it.</param>
    /// <param name="batch">Sequences decoded side by side.</param>
    /// <param name="rounds">Rounds; the figures are medians.</param>
    public static EngineFigures Run(
        string directory, int tensorParallel, int? threads = null, int promptTokens = 128, int newTokens = 128, int batch = 1, int rounds = 5)
    {
        using var team = new ComputeTeam(threads);
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = directory, ComputeTeam = team });
        var started = Stopwatch.GetTimestamp();
        int blocksEach = (promptTokens + newTokens + 15) / 16;
        var pes = Enumerable.Range(0, tensorParallel).Select(pe => new PeId(0, pe)).ToArray();
        using var stage = host.CreateStage(new StagePlacement(0, 0, 1, pes, [.. Enumerable.Range(0, tensorParallel)]), blocksEach * batch);
        double packed = Stopwatch.GetElapsedTime(started).TotalSeconds;

        double[] prefill = new double[rounds], decode = new double[rounds], read = new double[rounds];
        for (int round = -1; round < rounds; round++)
        {
            double gigabytes = ReadSpeed(team);
            long start = Stopwatch.GetTimestamp();
            for (int s = 0; s < batch; s++) Step(stage, [.. Enumerable.Range(0, promptTokens).Select(i => 3 + (i * 37 + s) % 200)], [Slice(s, 0, promptTokens, blocksEach)]);
            double prefilled = Stopwatch.GetElapsedTime(start).TotalSeconds;
            start = Stopwatch.GetTimestamp();
            for (int t = 0; t < newTokens; t++)
                Step(stage, [.. Enumerable.Range(3, batch)], [.. Enumerable.Range(0, batch).Select(s => Slice(s, promptTokens + t, 1, blocksEach))]);
            double decoded = Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (round >= 0) (prefill[round], decode[round], read[round]) = (promptTokens * batch / prefilled, newTokens * batch / decoded, gigabytes);
        }

        return new EngineFigures(Median(prefill), Median(decode), Median(read), stage.Pes.Sum(pe => pe.Footprint.WeightBytes), packed);
    }

    private static SequenceSlice Slice(int sequence, int position, int count, int blocksEach) =>
        new(sequence, position, count, [.. Enumerable.Range(sequence * blocksEach, blocksEach)]);

    private static long _nextStep;

    private static void Step(IStageGroup stage, int[] tokens, SequenceSlice[] slices)
    {
        int row = -1;
        var options = new SamplingOptions { Temperature = 0 };
        SampleRequest[] samples = [.. slices.Select(slice => new DrawToken(row += slice.Count, options, 0, 0, default, default, default))];
        var batch = new StepBatch { StepId = ++_nextStep, TokenIds = tokens, Slices = slices, Samples = samples, Copies = [] };
        using var done = new CountdownEvent(stage.Pes.Count);
        var step = new StageStep(batch, null);
        string? fault = null;
        foreach (var pe in stage.Pes)
        {
            pe.Execute(step, outcome =>
            {
                if (outcome.Fault is not null) Volatile.Write(ref fault, outcome.Fault);
                done.Signal();
            });
        }

        done.Wait();
        if (fault is not null) throw new InvalidOperationException(fault);
    }

    /// <summary>Gigabytes a second of a plain read of 256 MiB by all threads of the team.</summary>
    private static unsafe double ReadSpeed(ComputeTeam team)
    {
        const long Bytes = 256L << 20;
        const int Parts = 256;
        using var buffer = new NativeBuffer(Bytes);
        new Span<byte>(buffer.Pointer, (int)Bytes).Fill(1);
        var sums = new float[Parts];
        long start = Stopwatch.GetTimestamp();
        team.Run(Parts, (_, part) =>
        {
            var sum = System.Runtime.Intrinsics.Vector512<int>.Zero;
            byte* p = buffer.Pointer + part * (Bytes / Parts);
            for (byte* end = p + Bytes / Parts; p < end; p += 64) sum += System.Runtime.Intrinsics.Vector512.Load((int*)p);
            sums[part] = System.Runtime.Intrinsics.Vector512.Sum(sum);
        });
        return Bytes / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
    }

    private static double Median(double[] values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}

/// <summary>Medians of a benchmark.</summary>
/// <param name="PrefillTokensPerSecond">Prompt tokens.</param>
/// <param name="DecodeTokensPerSecond">New tokens of all sequences.</param>
/// <param name="ReadGigabytesPerSecond">Plain read of memory in the same rounds.</param>
/// <param name="WeightBytes">Packed weights, read once a decode step.</param>
/// <param name="PackingSeconds">Time to pack them.</param>
internal sealed record EngineFigures(
    double PrefillTokensPerSecond, double DecodeTokensPerSecond, double ReadGigabytesPerSecond, long WeightBytes, double PackingSeconds);
