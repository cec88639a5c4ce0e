using Furiosa.Device.Execution;
using Furiosa.Device.Kernels;
using Furiosa.Device.Mesh;
using Furiosa.Device.Sampling;

namespace Furiosa.Tests.Device.Models;

/// <summary>One replica driven step by step, with its logits laid open.</summary>
internal sealed class ReplicaRunner : IDisposable
{
    private const int States = 8;

    private readonly ModelHost? _ownHost;
    private readonly List<StageGroup> _stages = [];
    private long _step;

    public ReplicaRunner(IModelHost host, int tensorParallel = 1, int pipelineParallel = 1, int blocks = 64)
    {
        var pes = Enumerable.Range(0, tensorParallel).Select(pe => new PeId(0, pe)).ToArray();
        for (int stage = 0; stage < pipelineParallel; stage++)
        {
            var placement = new StagePlacement(0, stage, pipelineParallel, pes, [.. Enumerable.Range(0, tensorParallel)]);
            _stages.Add((StageGroup)host.CreateStage(placement, new(blocks, StatesFor(host))));
        }
    }

    /// <summary>A part of a one-stage group that spans processes.</summary>
    public ReplicaRunner(IModelHost host, int tensorParallel, int[] localRanks, ITensorParallelLink link)
    {
        var pes = Enumerable.Range(0, tensorParallel).Select(pe => new PeId(0, pe)).ToArray();
        _stages.Add((StageGroup)host.CreateStage(new StagePlacement(0, 0, 1, pes, localRanks, link), new(64, StatesFor(host))));
    }

    private ReplicaRunner(ModelHost host, int tensorParallel, int pipelineParallel)
        : this((IModelHost)host, tensorParallel, pipelineParallel) => _ownHost = host;

    public IReadOnlyList<StageGroup> Stages => _stages;

    public static ReplicaRunner Open(string directory, int tensorParallel = 1, int pipelineParallel = 1, KernelLevel level = KernelLevel.Auto) =>
        Open(new ModelHostOptions { ModelDirectory = directory, Kernels = level }, tensorParallel, pipelineParallel);

    public static ReplicaRunner Open(ModelHostOptions options, int tensorParallel = 1, int pipelineParallel = 1) =>
        new(ModelHost.Open(options), tensorParallel, pipelineParallel);

    /// <summary>Runs a step and returns the logits of the rows that the samples name, in their order.</summary>
    public float[][] Step(int[] tokens, SequenceSlice[] slices, RowSample[] samples, BlockCopy[]? copies = null) =>
        StepAll(tokens, slices, samples, copies).Logits;

    public (StepResult Result, float[][] Logits) StepAll(int[] tokens, SequenceSlice[] slices, RowSample[] samples, BlockCopy[]? copies = null)
    {
        if (_stages[0].Context.Stage.Config.Recurrent is not null) slices = Array.ConvertAll(slices, WithStates);
        var batch = new StepBatch { StepId = ++_step, TokenIds = tokens, Slices = slices, Samples = samples, Copies = copies ?? [] };
        HiddenStates? hidden = null;
        float[][] logits = [];
        StepResult? result = null;
        foreach (var stage in _stages)
        {
            var outcome = Execute(stage, new StageStep(batch, hidden), () => logits = LogitsOf(stage, samples));
            if (outcome.Fault is not null) throw new InvalidOperationException(outcome.Fault);
            (hidden, result) = (outcome.Hidden, outcome.Result);
        }

        return (result!, logits);
    }

    /// <summary>All logits of a prompt in one piece, in its own blocks.</summary>
    public float[][] Prefill(int[] tokens, int firstBlock = 0) => Extend(tokens, 0, firstBlock);

    /// <summary>Logits of tokens that follow <paramref name="position"/> earlier ones.</summary>
    public float[][] Extend(int[] tokens, int position, int firstBlock = 0) =>
        Step(tokens, [Slice(1, position, tokens.Length, firstBlock)], [.. Enumerable.Range(0, tokens.Length).Select(Greedy)]);

    public static SequenceSlice Slice(long id, int position, int count, int firstBlock) =>
        new(id, position, count, [.. Enumerable.Range(firstBlock, (position + count + 15) / 16)]);

    public static RowSample Greedy(int row) => new(row, new DrawToken(new SamplingOptions { Temperature = 0 }, 0, default, default));

    public static PeOutcome Execute(IStageGroup stage, StageStep step, Action? onLeader = null)
    {
        using var done = new CountdownEvent(stage.Pes.Count);
        var outcomes = new PeOutcome[stage.Pes.Count];
        for (int i = 0; i < outcomes.Length; i++)
        {
            int index = i;
            stage.Pes[i].Execute(step, outcome =>
            {
                outcomes[index] = outcome;
                if (index == 0 && outcome.Fault is null) onLeader?.Invoke();
                done.Signal();
            });
        }

        Assert.That(done.Wait(TimeSpan.FromMinutes(2)), "the step did not end");
        return outcomes[0];
    }

    public void Dispose()
    {
        foreach (var stage in _stages) stage.Dispose();
        _ownHost?.Dispose();
    }

    private static int StatesFor(IModelHost host) => host.Config.Recurrent is null ? 0 : States;

    // Each sequence has a slot, unless the test says what it has.
    private static SequenceSlice WithStates(SequenceSlice slice)
    {
        int slot = (int)(slice.SequenceId % States);
        return slice.States == SliceStates.None ? slice with { States = new SliceStates(slice.FirstPosition == 0 ? -1 : slot, slot, 0, -1) } : slice;
    }

    private static unsafe float[][] LogitsOf(StageGroup stage, RowSample[] samples)
    {
        var context = stage.Context;
        if (!context.Stage.IsLast) return [];
        return [.. samples.Where(sample => sample.Request is not PoolRows).Select(sample =>
            new ReadOnlySpan<float>(context.Logits(context.Plan.LogitsIndex(sample.Row)), context.Stage.Config.VocabSize).ToArray())];
    }
}
