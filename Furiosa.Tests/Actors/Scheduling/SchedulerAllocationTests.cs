using Furiosa.Actors.Protocol;
using Furiosa.Actors.Scheduling;
using Furiosa.Device.Execution;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Actors.Scheduling;

/// <summary>What a step of steady decoding leaves for the garbage collector in the scheduler: its messages, and nothing beside them.</summary>
internal sealed class SchedulerAllocationTests
{
    private const int Steps = 200;
    private const int StepsThatGrow = 3; // block tables and the prefix cache's table double now and then; all streams are equally long here
    private const int BytesOfRow = 96; // its event
    private const int BytesOfStep = 128; // the batch, whose arrays are used again

    [TestCase(1)]
    [TestCase(16)]
    [TestCase(64)]
    public void SteadyDecode_EachStep_AllocatesItsMessagesOnly(int streams)
    {
        var scheduler = new Scheduler(new SchedulerOptions { BlockCount = 64 * 64, MaxModelLen = 1024, MaxConcurrency = 64 });
        for (var i = 0; i < streams; i++) scheduler.Submit(Requests.Of($"r{i}", Requests.Prompt(5, i), 1000));
        for (var i = 0; i < 300; i++) Step(scheduler);
        var steps = new (long Own, long Messages)[Steps];
        for (var i = 0; i < Steps; i++) steps[i] = Step(scheduler);
        TestContext.Out.WriteLine(
            $"{streams} streams: messages {steps[^1].Messages} bytes a step; the scheduler's own {string.Join(", ", steps.Index().Where(step => step.Item.Own != 0).Select(step => $"{step.Item.Own} in step {step.Index}"))}");

        Assert.That(steps.Count(step => step.Own != 0), Is.LessThanOrEqualTo(StepsThatGrow));
        Assert.That(steps[^1].Messages, Is.LessThanOrEqualTo(BytesOfStep + BytesOfRow * streams));
    }

    /// <summary>One step: what the scheduler took beside its messages, and what those took.</summary>
    private static (long Own, long Messages) Step(Scheduler scheduler)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var batch = scheduler.Schedule()!;
        var taken = GC.GetAllocatedBytesForCurrentThread() - before;
        var result = new StepResult(batch.StepId, new SampleAnswer[batch.Samples.Length]);
        before = GC.GetAllocatedBytesForCurrentThread();
        scheduler.Apply(result);
        taken += GC.GetAllocatedBytesForCurrentThread() - before;
        var messages = Taken.By(() => new StepBatch { StepId = 0, TokenIds = default, Slices = default, Samples = default, Copies = default })
            + Taken.By(scheduler.Outputs.Select(output => output.Event).OfType<TokensGenerated>(), tokens => tokens with { Tokens = [tokens.Tokens[0]] });
        scheduler.Outputs.Clear();
        return (taken - messages, messages);
    }
}
