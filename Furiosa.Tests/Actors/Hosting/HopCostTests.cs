using System.Diagnostics;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;
using Furiosa.Device.Loading;
using Furiosa.Device.Mesh;
using Furiosa.Device.Models;
using Furiosa.Tests.Actors.Scheduling;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Actors.Hosting;

/// <summary>Prints what a step costs outside of the kernels. A figure for the documentation, not a check of speed.</summary>
internal sealed class HopCostTests
{
    [TestCase(1, 1)]
    [TestCase(4, 1)]
    [TestCase(4, 64)]
    [Explicit("A measurement")]
    public async Task Step_WithoutCompute_Costs(int tp, int streams)
    {
        var options = new RuntimeOptions { ModelDirectory = TestPaths.DemoModel, TensorParallel = tp, KvCacheBytes = 64 << 20 };
        await using var runtime = await FuriosaRuntime.StartAsync(options, () => new NoHost());
        await RunAll(runtime, streams, 500);
        var clock = Stopwatch.StartNew();
        const int Steps = 2000;
        var before = GC.GetTotalAllocatedBytes();
        await RunAll(runtime, streams, Steps);
        TestContext.Out.WriteLine(
            $"tp {tp}, {streams} streams: {clock.Elapsed.TotalMicroseconds / Steps:F1} us and {(GC.GetTotalAllocatedBytes() - before) / Steps} bytes a step");
    }

    [TestCase(4, 1)]
    [TestCase(4, 64)]
    [Explicit("A measurement")]
    public async Task Step_WithoutCompute_AllocatesByType(int tp, int streams)
    {
        var options = new RuntimeOptions { ModelDirectory = TestPaths.DemoModel, TensorParallel = tp, KvCacheBytes = 64 << 20 };
        await using var runtime = await FuriosaRuntime.StartAsync(options, () => new NoHost());
        await RunAll(runtime, streams, 500);
        using var ticks = new AllocationTicks();
        const int Runs = 20, StepsEach = 2000;
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var run = 0; run < Runs; run++) await RunAll(runtime, streams, StepsEach);
        var steps = (double)Runs * StepsEach;
        var all = (GC.GetTotalAllocatedBytes(precise: true) - before) / steps;
        var named = ticks.Bytes.Sum(pair => pair.Value);
        TestContext.Out.WriteLine($"tp {tp}, {streams} streams: {all:F0} bytes a step");
        foreach (var (type, bytes) in ticks.Bytes.Take(40)) TestContext.Out.WriteLine($"{bytes * all / named,8:F0}  {type}");
    }

    [TestCase(null)]
    [TestCase(1)]
    [Explicit("A measurement")]
    public async Task Stream_BundledModelByDefault_Takes(int? tp)
    {
        var clock = Stopwatch.StartNew();
        await using var runtime = await FuriosaRuntime.StartAsync(new RuntimeOptions { ModelDirectory = TestPaths.DemoModel, TensorParallel = tp });
        TestContext.Out.WriteLine($"start: {clock.Elapsed.TotalMilliseconds:F0} ms, {Environment.WorkingSet >> 20} MB, {runtime.Summary.KvBlockCount} blocks");
        await RunAll(runtime, 1, 100);
        clock.Restart();
        await RunAll(runtime, 1, 500);
        TestContext.Out.WriteLine($"one stream: {500 / clock.Elapsed.TotalSeconds:F0} tokens/s");
        clock.Restart();
        await RunAll(runtime, 32, 100);
        TestContext.Out.WriteLine($"32 streams: {3200 / clock.Elapsed.TotalSeconds:F0} tokens/s");
    }

    private static async Task RunAll(IFuriosaRuntime runtime, int streams, int tokens)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, streams).Select(i => runtime.RunAsync(Requests.Of($"r{i}", Requests.Prompt(5, i), tokens))));
        Assert.That(answers.Select(answer => answer[^1]), Is.All.TypeOf<GenerationCompleted>());
    }

    private sealed class NoHost : IModelHost
    {
        public ModelConfig Config { get; } = ModelConfig.Read(ModelDirectory.Open(TestPaths.DemoModel));

        public GenerationConfig Generation => GenerationConfig.Empty;

        public int MaxModelLen => 4096;

        public long KvBytesPerBlock => 1024;

        public long SharedBytes => 0;

        public int ComputeThreads => 1;

        public string InstructionSet => "none";

        public IStageGroup CreateStage(StagePlacement placement, CacheSize size, IProgress<string>? progress = null) => new NoGroup(placement);

        public void Dispose()
        {
        }
    }

    /// <summary>Answers at once, on the thread that brings the last member's step.</summary>
    private sealed class NoGroup(StagePlacement placement) : IStageGroup
    {
        private int _given;

        public IReadOnlyList<IProcessingElement> Pes => [.. placement.Pes.Select(id => new NoElement(this, id))];

        public StageTimes Times => default;

        public void Dispose()
        {
        }

        private void Execute(StageStep step, Action<PeOutcome> completed)
        {
            var isLast = Interlocked.Increment(ref _given) % placement.Pes.Count == 0;
            var result = isLast ? new StepResult(step.Batch.StepId, new SampleAnswer[step.Batch.Samples.Length]) : null;
            completed(new PeOutcome(step.Batch.StepId, null, result, null));
        }

        private sealed class NoElement(NoGroup group, PeId id) : IProcessingElement
        {
            public PeId Id => id;

            public PeFootprint Footprint { get; } = new(0, 1, 1, 1, 0, 0);

            public void Execute(StageStep step, Action<PeOutcome> completed) => group.Execute(step, completed);
        }
    }
}
