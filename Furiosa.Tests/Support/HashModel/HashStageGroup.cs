using Furiosa.Device.Execution;
using Furiosa.Device.Mesh;

namespace Furiosa.Tests.Support.HashModel;

/// <summary>The PEs of one stage of the hash model. A step is computed once, in the order given, when every member has it.</summary>
internal sealed class HashStageGroup : IStageGroup
{
    private readonly HashModelHost _host;
    private readonly StagePlacement _placement;
    private readonly Action _disposed;
    private readonly HashStage _stage;
    private readonly Dictionary<long, List<Action<PeOutcome>>> _given = [];
    private readonly Lock _lock = new();
    private Task _tail = Task.CompletedTask;

    public HashStageGroup(HashModelHost host, StagePlacement placement, CacheSize size, Action disposed)
    {
        (_host, _placement, _disposed) = (host, placement, disposed);
        _stage = new HashStage(size, placement.Stage == 0, placement.Stage == placement.StageCount - 1);
        Pes = [.. placement.Pes.Select(id => new Element(this, id))];
    }

    public IReadOnlyList<IProcessingElement> Pes { get; }

    public StageTimes Times => default;

    public void Dispose()
    {
        _tail.Wait(TimeSpan.FromMinutes(3));
        _disposed();
    }

    private void Give(StageStep step, Action<PeOutcome> completed)
    {
        lock (_lock)
        {
            var id = step.Batch.StepId;
            if (!_given.TryGetValue(id, out var members)) _given.Add(id, members = []);
            members.Add(completed);
            if (members.Count < Pes.Count) return;
            _given.Remove(id);
            _tail = _tail.ContinueWith(_ => Run(step, members), TaskScheduler.Default);
        }
    }

    private void Run(StageStep step, List<Action<PeOutcome>> members)
    {
        _host.Before(_placement, step.Batch);
        var id = step.Batch.StepId;
        PeOutcome outcome;
        if (_host.Fault(_placement, step.Batch) is { } fault)
        {
            step.Input?.Dispose();
            outcome = new PeOutcome(id, null, null, fault);
        }
        else
        {
            var (hidden, result) = _stage.Run(step.Batch, step.Input);
            outcome = new PeOutcome(id, hidden, result, null);
        }
        members[0](outcome);
        for (var i = 1; i < members.Count; i++) members[i](new PeOutcome(id, null, null, outcome.Fault));
    }

    private sealed class Element(HashStageGroup group, PeId id) : IProcessingElement
    {
        public PeId Id => id;

        public PeFootprint Footprint { get; } = new(0, 1, 1, 1, 100, 10);

        public void Execute(StageStep step, Action<PeOutcome> completed) => group.Give(step, completed);
    }
}
