using System.Diagnostics;
using Furiosa.Device.Sampling;

namespace Furiosa.Device.Execution;

/// <summary>
/// Hidden steps of a group that nobody uses yet: a prompt, then one sequence and every number up to eight that decode, each of which has tiles of its own.
/// What they call is compiled then, and their weights have been read once. They are not counted, and what they leave in the caches is written over before it is read.
/// </summary>
internal static class WarmUpSteps
{
    // A large model's steps take long whether or not they are compiled.
    private static readonly TimeSpan Enough = TimeSpan.FromMilliseconds(100);

    private const int PromptLength = 16;
    private const int MostSequences = 8;

    // Those that come first are met most; time may not be enough for all.
    private static readonly int[] Decoding = [1, MostSequences, 2, 4, 3, 6, 5, 7];

    /// <param name="group">The group, which is not given out yet.</param>
    /// <param name="positions">Longest sequence in tokens.</param>
    /// <returns>How many steps there were.</returns>
    public static int Run(StageGroup group, int positions)
    {
        var stage = group.Context.Stage;
        // Elements of other processes would have to take part, and later stages begin with what earlier ones made.
        if (stage.Placement.Link is not null || stage.Placement.Stage > 0) return 0;
        if (stage.CacheSize.Blocks <= MostSequences || positions <= PromptLength) return 0;
        if (stage.Config.Recurrent is not null && stage.CacheSize.States <= MostSequences) return 0;
        long begun = Stopwatch.GetTimestamp();
        int steps = 0;
        while (steps <= Decoding.Length && Stopwatch.GetElapsedTime(begun) < Enough) Execute(group, Batch(steps++));
        group.Context.Clock.Reset();
        return steps;
    }

    private static StepBatch Batch(int step)
    {
        var (sequences, first, rows) = step == 0 ? (1, 0, PromptLength) : (Decoding[step - 1], PromptLength, 1);
        return new StepBatch
        {
            StepId = 0,
            TokenIds = new int[sequences * rows],
            Slices = [.. Enumerable.Range(1, sequences).Select(own => new SequenceSlice(-own, first, rows, [0, own]) { States = new(first == 0 ? -1 : own, own, 0, -1) })],
            Samples = [.. Enumerable.Range(1, sequences).Select(own => new RowSample(
                own * rows - 1, new DrawToken(new SamplingOptions { Temperature = own % 2 }, 0, default, default)))],
            Copies = [],
        };
    }

    private static void Execute(StageGroup group, StepBatch batch)
    {
        using var ended = new CountdownEvent(group.Pes.Count);
        var step = new StageStep(batch, null);
        foreach (var pe in group.Pes)
        {
            pe.Execute(step, outcome =>
            {
                outcome.Hidden?.Dispose();
                ended.Signal();
            });
        }

        ended.Wait();
    }
}
