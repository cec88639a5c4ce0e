using Furiosa.Device.Execution;
using Furiosa.Device.Kv;
using Furiosa.Device.Sampling;
using Furiosa.Tests.Device.Models;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Execution;

/// <summary>What the compute thread leaves for the garbage collector in a step: kernels and sampler nothing, so its answer, and an outcome for each element.</summary>
internal sealed class StepAllocationTests
{
    private const int BlocksEach = 4;
    private const int Steps = 32;

    [TestCase(1)]
    [TestCase(4)]
    public void SteadySteps_OnTheThreadThatGivesThem_AllocateNothing(int tensorParallel)
    {
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = TestPaths.DemoModel, ComputeThreads = 1 });
        using var runner = new ReplicaRunner(host, tensorParallel, blocks: BlocksEach);
        using var ended = new SemaphoreSlim(0);
        // The first step is not told to have ended before the second is given: from then on the group has two runs to use again, and needs no more.
        using var secondGiven = new ManualResetEventSlim();
        Action<PeOutcome> completed = _ =>
        {
            secondGiven.Wait();
            ended.Release();
        };
        StageStep[] steps = [.. Enumerable.Range(0, 2 * Steps).Select(position => new StageStep(
            new StepBatch { StepId = position + 1, TokenIds = [7], Slices = [ReplicaRunner.Slice(0, position, 1, 0)], Samples = [], Copies = [], AnswerRoom = [] }, null))];
        IProcessingElement[] pes = [.. runner.Stages[0].Pes];
        long taken = 0;
        for (int step = 0; step < steps.Length; step++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int pe = 0; pe < pes.Length; pe++) pes[pe].Execute(steps[step], completed);
            if (step >= Steps) taken += GC.GetAllocatedBytesForCurrentThread() - before;
            if (step == 0) continue;
            secondGiven.Set();
            for (int told = step == 1 ? -tensorParallel : 0; told < tensorParallel; told++) Assert.That(ended.Wait(TimeSpan.FromMinutes(1)));
        }

        Assert.That(taken, Is.Zero);
    }

    [TestCase(1, 1, 0f, KvCacheDtype.Float32)]
    [TestCase(16, 4, 1f, KvCacheDtype.Int8)]
    public void SteadyDecode_Steps_AllocateTheirAnswersOnly(int rows, int tensorParallel, float temperature, KvCacheDtype cache)
    {
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = TestPaths.DemoModel, ComputeThreads = 1, KvCacheDtype = cache });
        using var runner = new ReplicaRunner(host, tensorParallel, blocks: rows * BlocksEach);
        var sampling = new SamplingOptions { Temperature = temperature, TopP = 0.9f, TopK = 40, Seed = 3 };
        int[] tokens = new int[rows];
        SequenceSlice[] slices = [.. Enumerable.Range(0, rows).Select(row => ReplicaRunner.Slice(row, 2 * Steps - 1, 1, row * BlocksEach))];
        RowSample[] samples = [.. Enumerable.Range(0, rows).Select(row => new RowSample(row, new DrawToken(sampling, 0, default, default)))];
        long before = 0, after = 0;
        for (int position = 0; position < 2 * Steps; position++)
        {
            before = position == Steps ? after : before;
            for (int row = 0; row < rows; row++) tokens[row] = 3 + row * 7 + position;
            for (int row = 0; row < rows; row++) slices[row] = slices[row] with { FirstPosition = position };
            var batch = new StepBatch { StepId = position + 1, TokenIds = tokens, Slices = slices, Samples = samples, Copies = [], AnswerRoom = new SampleAnswer[rows] };
            // The completion is called on the compute thread, of which there is one.
            var outcome = ReplicaRunner.Execute(runner.Stages[0], new StageStep(batch, null), () => after = GC.GetAllocatedBytesForCurrentThread());
            Assert.That(outcome.Fault, Is.Null);
        }

        // Room for the answers comes with the step.
        long answers = Taken.By(() => new StepResult(0, default)) + tensorParallel * Taken.By(() => new PeOutcome(0, null, null, null));
        TestContext.Out.WriteLine($"{rows} rows, tp {tensorParallel}: {(after - before) / Steps} bytes a step, of which answers {answers}");
        Assert.That(after - before, Is.EqualTo(Steps * answers));
    }
}
