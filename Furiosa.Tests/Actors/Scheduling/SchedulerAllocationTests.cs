using Furiosa.Actors.Protocol;
using Furiosa.Actors.Scheduling;
using Furiosa.Device.Execution;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Actors.Scheduling;

/// <summary>What a step of steady decoding leaves for the garbage collector in the scheduler: its batch, and nothing beside it; and what its message to a gateway takes.</summary>
internal sealed class SchedulerAllocationTests
{
    private const int Steps = 200;
    private const int StepsThatGrow = 3; // block tables and the prefix cache's table double now and then; all streams are equally long here
    private const int BytesOfBatch = 104; // whose arrays are used again
    private const int BytesOfMessage = 120; // to one gateway, with its array
    private const int BytesOfOutput = 24; // of each sequence in it
    private const int MostBytes = 4096; // of a step, for 64 streams

    [TestCase(1, 0)]
    [TestCase(16, 0)]
    [TestCase(64, 0)]
    [TestCase(1, 7)]
    [TestCase(3, 11)]
    public void SteadyDecode_EachStep_AllocatesItsMessagesOnly(int streams, int lookupTokens)
    {
        var scheduler = new Scheduler(new SchedulerOptions { BlockCount = 64 * 640, MaxModelLen = 10_240, MaxConcurrency = 64, LookupTokens = lookupTokens });
        for (var i = 0; i < streams; i++) scheduler.Submit(Requests.Of($"r{i}", Requests.Prompt(5, i), 10_000));
        var tokens = lookupTokens == 0 ? 1 : (lookupTokens + 1) / streams; // of a step and stream: all answers are 0, so all guesses are right
        for (var i = 0; i < 300; i++) Step(scheduler);
        var steps = new (long Own, long Batch, long Message)[Steps];
        for (var i = 0; i < Steps; i++) steps[i] = Step(scheduler);
        var (_, batch, message) = steps[^1];
        TestContext.Out.WriteLine(
            $"{streams} streams: batch {batch} and message {message} bytes a step; the scheduler's own {string.Join(", ", steps.Index().Where(step => step.Item.Own != 0).Select(step => $"{step.Item.Own} in step {step.Index}"))}");

        Assert.That(steps.Count(step => step.Own != 0), Is.LessThanOrEqualTo(StepsThatGrow));
        Assert.That(batch, Is.EqualTo(BytesOfBatch));
        Assert.That(message, Is.EqualTo(BytesOfMessage + BytesOfOutput * streams * tokens));
        Assert.That(batch + message, Is.LessThanOrEqualTo(MostBytes));
    }

    /// <summary>One step: what the scheduler took beside its batch, what that took, and what a gateway is told with.</summary>
    private static (long Own, long Batch, long Message) Step(Scheduler scheduler)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var batch = scheduler.Schedule()!;
        var taken = GC.GetAllocatedBytesForCurrentThread() - before;
        var result = new StepResult(batch.StepId, new SampleAnswer[batch.Samples.Length]);
        before = GC.GetAllocatedBytesForCurrentThread();
        scheduler.Apply(result);
        taken += GC.GetAllocatedBytesForCurrentThread() - before;
        var own = Taken.By(() => new StepBatch { StepId = 0, TokenIds = default, Slices = default, Samples = default, Copies = default });
        var message = Taken.By(() => new StepOutput(0, 0, default, [.. scheduler.Outputs], default));
        scheduler.Outputs.Clear();
        return (taken - own, own, message);
    }
}
