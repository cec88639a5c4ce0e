using System.Diagnostics;
using Furiosa.Device.Execution;
using Furiosa.Device.Loading;
using Furiosa.Device.Mesh;
using Furiosa.Device.Models;

namespace Furiosa.Tests.Support;

/// <summary>A model whose stages' time in steps is taken.</summary>
internal sealed class TimedHost(IModelHost inner) : IModelHost
{
    private readonly Lock _gate = new();
    private long _lastEnd;
    private long _busy;

    /// <summary>Time in which a step was computed, since it was reset.</summary>
    public TimeSpan Busy => Stopwatch.GetElapsedTime(0, Interlocked.Read(ref _busy));

    public ModelConfig Config => inner.Config;

    public GenerationConfig Generation => inner.Generation;

    public int MaxModelLen => inner.MaxModelLen;

    public long KvBytesPerBlock => inner.KvBytesPerBlock;

    public long StateBytesPerSlot => inner.StateBytesPerSlot;

    public long SharedBytes => inner.SharedBytes;

    public int ComputeThreads => inner.ComputeThreads;

    public string InstructionSet => inner.InstructionSet;

    public void Reset() => Interlocked.Exchange(ref _busy, 0);

    public IStageGroup CreateStage(StagePlacement placement, CacheSize size, IProgress<string>? progress = null) =>
        new TimedGroup(this, inner.CreateStage(placement, size, progress));

    public void Dispose() => inner.Dispose();

    private void Note(long begun)
    {
        lock (_gate)
        {
            var now = Stopwatch.GetTimestamp();
            Interlocked.Add(ref _busy, now - Math.Max(begun, _lastEnd));
            _lastEnd = now;
        }
    }

    private sealed class TimedGroup(TimedHost owner, IStageGroup group) : IStageGroup
    {
        public IReadOnlyList<IProcessingElement> Pes { get; } = [.. group.Pes.Select(pe => new TimedElement(owner, pe))];

        public StageTimes Times => group.Times;

        public void Dispose() => group.Dispose();
    }

    private sealed class TimedElement(TimedHost owner, IProcessingElement element) : IProcessingElement
    {
        public PeId Id => element.Id;

        public PeFootprint Footprint => element.Footprint;

        public void Execute(StageStep step, Action<PeOutcome> completed)
        {
            var begun = Stopwatch.GetTimestamp();
            element.Execute(step, outcome =>
            {
                owner.Note(begun);
                completed(outcome);
            });
        }
    }
}
