using Furiosa.Actors.Observation;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Stages;

/// <summary>A step that some PEs of the group have not finished.</summary>
internal sealed class StepInStage(StepBatch batch, int peCount)
{
    private int _missing = peCount;

    public StepBatch Batch { get; } = batch;

    /// <summary>When it came, where it is traced.</summary>
    public DateTime? Began { get; } = RuntimeTracing.Begin(batch);

    public HiddenStates? Hidden { get; private set; }

    public StepResult? Result { get; private set; }

    public string? Fault { get; private set; }

    /// <summary>Notes one PE's outcome; true with the last one.</summary>
    public bool Add(PeOutcome outcome)
    {
        Hidden ??= outcome.Hidden;
        Result ??= outcome.Result;
        Fault ??= outcome.Fault;
        return --_missing == 0;
    }
}
