using Furiosa.Device.Execution;
using Furiosa.Device.Loading;
using Furiosa.Device.Models;

namespace Furiosa.Tests.Support.HashModel;

/// <summary>An engine made of hashes behind the seam of the real one.</summary>
internal sealed class HashModelHost : IModelHost
{
    private int _stagesMade;
    private int _stagesLive;

    public ModelConfig Config { get; } = ModelConfig.Read(ModelDirectory.Open(TestPaths.DemoModel));

    public GenerationConfig Generation => GenerationConfig.Empty;

    public int MaxModelLen { get; init; } = 2048;

    public long KvBytesPerBlock => 1024;

    /// <summary>Not 0 to make it a model whose layers keep states, and read nothing else.</summary>
    public long StateBytesPerSlot { get; init; }

    public long SharedBytes => 0;

    public int ComputeThreads => 1;

    public string InstructionSet => "hash";

    /// <summary>Asked before each step of each stage: a fault to end it with, or null.</summary>
    public Func<StagePlacement, StepBatch, string?> Fault { get; set; } = (_, _) => null;

    /// <summary>Asked before each stage is made: a reason to fail, or null.</summary>
    public Func<StagePlacement, string?> Refuse { get; set; } = _ => null;

    /// <summary>Runs before each step is computed, on the computing thread.</summary>
    public Action<StagePlacement, StepBatch> Before { get; set; } = (_, _) => { };

    /// <summary>Stages made so far.</summary>
    public int StagesMade => Volatile.Read(ref _stagesMade);

    /// <summary>Stages not disposed.</summary>
    public int StagesLive => Volatile.Read(ref _stagesLive);

    public bool IsDisposed { get; private set; }

    public IStageGroup CreateStage(StagePlacement placement, CacheSize size, IProgress<string>? progress = null)
    {
        if (Refuse(placement) is { } reason) throw new InvalidOperationException(reason);
        Interlocked.Increment(ref _stagesMade);
        Interlocked.Increment(ref _stagesLive);
        return new HashStageGroup(this, placement, size, () => Interlocked.Decrement(ref _stagesLive));
    }

    public void Dispose() => IsDisposed = true;
}
