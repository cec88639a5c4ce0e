using Furiosa.Device.Mesh;
using Furiosa.Device.Models;

namespace Furiosa.Device.Execution;

/// <summary>One emulated PE: a member of its stage's group.</summary>
internal sealed class ProcessingElement(StageGroup group, int index, PeId id, PeFootprint footprint, StagePe shard) : IProcessingElement
{
    private readonly Queue<(StageStep Step, Action<PeOutcome> Completed)> _waiting = new();

    public PeId Id => id;

    public PeFootprint Footprint => footprint;

    /// <summary>What it holds.</summary>
    internal StagePe Shard => shard;

    /// <summary>Steps given to this PE and not yet to the others; guarded by the group.</summary>
    internal Queue<(StageStep Step, Action<PeOutcome> Completed)> Waiting => _waiting;

    public void Execute(StageStep step, Action<PeOutcome> completed)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(completed);
        group.Give(index, step, completed);
    }
}
