using Furiosa.Actors.Protocol;
using Furiosa.Actors.Scheduling;
using Furiosa.Device.Execution;
using Furiosa.Tests.Support;
using Furiosa.Tests.Support.HashModel;

namespace Furiosa.Tests.Actors.Scheduling;

/// <summary>A scheduler with a hash model behind it, driven by hand.</summary>
/// <param name="options">The scheduler's.</param>
/// <param name="overWire">Whether the model is on another node, as far as steps can tell.</param>
/// <param name="compute">Another model, which loses nothing when the group dies; null for the hash model.</param>
internal sealed class SchedulerBench(SchedulerOptions options, bool overWire = false, Func<StepBatch, StepResult>? compute = null)
{
    private readonly Queue<StepBatch> _underWay = new();
    private HashStage _stage = new(options.Cache, isFirst: true, isLast: true);
    private StepWire _wire = new();

    public Scheduler Scheduler { get; } = new(options);

    public Dictionary<string, List<GenerationEvent>> Events { get; } = [];

    public int Steps { get; private set; }

    public StepBatch? LastBatch { get; private set; }

    public void Submit(GenerationRequest request)
    {
        Events[request.RequestId] = [];
        Scheduler.Submit(request);
        Collect();
    }

    /// <summary>Starts a step if there is one to start.</summary>
    public bool Start()
    {
        if (Scheduler.Schedule() is not { } batch) return false;
        Assert.That(batch.TokenIds, Has.Length.LessThanOrEqualTo(options.MaxBatchedTokens));
        _underWay.Enqueue(overWire ? _wire.Pass(batch) : batch);
        LastBatch = batch;
        return true;
    }

    /// <summary>Computes and applies the earliest step under way.</summary>
    public bool Finish()
    {
        if (!_underWay.TryDequeue(out var batch)) return false;
        Scheduler.Apply(compute?.Invoke(batch) ?? _stage.Run(batch, null).Result!);
        Steps++;
        Collect();
        return true;
    }

    /// <summary>The group dies: steps under way and the cache are lost.</summary>
    public void Die(GroupDeath death = GroupDeath.Gone)
    {
        _underWay.Clear();
        _stage = new(options.Cache, isFirst: true, isLast: true);
        _wire = new();
        Scheduler.Restart("test", death);
        Collect();
    }

    public void RunToEnd()
    {
        while (Start() | Finish())
        {
            if (Steps > 200_000) throw new InvalidOperationException("It does not end.");
        }
        Assert.That(Scheduler.RequestCount, Is.Zero);
        Assert.That(Scheduler.CheckIntegrity(), Is.Null);
        Assert.That(Scheduler.FreeBlocks + Scheduler.CachedBlocks, Is.EqualTo(options.BlockCount));
        Assert.That(Scheduler.States.Free + Scheduler.States.Cached, Is.EqualTo(options.StateCount));
    }

    /// <summary>The ids of one choice so far.</summary>
    public List<int> Ids(string requestId, int choice) =>
        [.. Events[requestId].OfType<TokensGenerated>().Where(e => e.Choice == choice).SelectMany(e => e.Tokens).Select(t => t.Id)];

    private void Collect()
    {
        foreach (var output in Scheduler.Outputs) Events[output.RequestId].Add(output.ToEvent());
        Scheduler.Outputs.Clear();
    }
}
