using Furiosa.Device.Mesh;

namespace Furiosa.Device.Execution;

/// <summary>
/// What a processing element must do: run its shard of one stage for each step it is given. The contract is free of CPU
/// assumptions; another back end implements the same.
/// </summary>
public interface IProcessingElement
{
    /// <summary>Which PE this is.</summary>
    PeId Id { get; }

    /// <summary>What it holds.</summary>
    PeFootprint Footprint { get; }

    /// <summary>
    /// Starts the step and returns at once. The step runs when every local member of the tensor-parallel group has been given it.
    /// Steps of one group run, and those that have run are told, in the order given. Never throws for a compute fault: that is an outcome.
    /// </summary>
    /// <param name="step">The same object for every member of the group; its batch is not read any more once the last member of the last stage has told its outcome.</param>
    /// <param name="completed">Called exactly once, on a compute thread, while the rest of the team goes on (a step refused or dropped because the group is disposed: on the caller's); must be short and must not throw.</param>
    void Execute(StageStep step, Action<PeOutcome> completed);
}

/// <summary>The members of one stage's tensor-parallel group that live in this process.</summary>
public interface IStageGroup : IDisposable
{
    /// <summary>Local members in rank order.</summary>
    IReadOnlyList<IProcessingElement> Pes { get; }

    /// <summary>What they have computed so far; may be read from any thread.</summary>
    StageTimes Times { get; }
}

/// <summary>One step as one stage sees it.</summary>
/// <param name="Batch">The flat batch.</param>
/// <param name="Input">Hidden states from the stage before; null at the first stage. Ownership passes to the group.</param>
public sealed record StageStep(StepBatch Batch, HiddenStates? Input);

/// <summary>How a step ended at one PE.</summary>
/// <param name="StepId">The step.</param>
/// <param name="Hidden">From the group's leader, unless this is the last stage: input of the next one. Ownership passes to the receiver.</param>
/// <param name="Result">From the group's leader at the last stage: the sampled tokens.</param>
/// <param name="Fault">What went wrong, in one line; null when nothing did. After a fault the group's KV content is suspect.</param>
public sealed record PeOutcome(long StepId, HiddenStates? Hidden, StepResult? Result, string? Fault);

/// <summary>What a PE holds, for the start-up table.</summary>
/// <param name="FirstLayer">First layer of its stage.</param>
/// <param name="LayerCount">Layers of its stage.</param>
/// <param name="QueryHeads">Query heads it computes.</param>
/// <param name="KvHeads">KV heads it reads.</param>
/// <param name="WeightBytes">Bytes of packed weights that are its own (a part shared with a lower-ranked PE of the process counts there).</param>
/// <param name="KvBytes">Bytes of its KV cache (a KV head shared with a lower-ranked PE counts there).</param>
public sealed record PeFootprint(int FirstLayer, int LayerCount, int QueryHeads, int KvHeads, long WeightBytes, long KvBytes)
{
    /// <summary>Bytes of its states, for a model with layers that keep one.</summary>
    public long StateBytes { get; init; }
}
