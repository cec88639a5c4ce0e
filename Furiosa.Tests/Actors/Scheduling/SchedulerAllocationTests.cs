using Furiosa.Actors.Scheduling;
using Furiosa.Device.Execution;

namespace Furiosa.Tests.Actors.Scheduling;

/// <summary>What a step of steady decoding leaves for the garbage collector in the scheduler: its messages, and little beside them.</summary>
internal sealed class SchedulerAllocationTests
{
    private const int Steps = 200;

    // The batch, whose arrays are used again; and for each row its event, which is 96 bytes. The rest is for block tables that grow, tokens, and
    // what the prefix cache notes of a full block.
    private const int BytesOfStep = 128;
    private const int BytesOfRow = 128;

    [TestCase(1)]
    [TestCase(16)]
    [TestCase(64)]
    public void SteadyDecode_EachStep_AllocatesLittleBesideItsMessages(int streams)
    {
        var scheduler = new Scheduler(new SchedulerOptions { BlockCount = 64 * 64, MaxModelLen = 1024, MaxConcurrency = 64 });
        for (var i = 0; i < streams; i++) scheduler.Submit(Requests.Of($"r{i}", Requests.Prompt(5, i), 1000));
        for (var i = 0; i < 300; i++) Step(scheduler);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var answers = 0L;
        for (var i = 0; i < Steps; i++) answers += Step(scheduler);
        var perStep = (GC.GetAllocatedBytesForCurrentThread() - before - answers) / Steps;
        TestContext.Out.WriteLine($"{streams} streams: {perStep} bytes a step, {perStep / streams} a row");

        Assert.That(perStep, Is.LessThan(BytesOfStep + BytesOfRow * streams));
    }

    /// <summary>One step, and how many bytes its answers took here.</summary>
    private static long Step(Scheduler scheduler)
    {
        var batch = scheduler.Schedule()!;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var result = new StepResult(batch.StepId, new SampleAnswer[batch.Samples.Length]);
        var own = GC.GetAllocatedBytesForCurrentThread() - before;
        scheduler.Apply(result);
        scheduler.Outputs.Clear();
        return own;
    }
}
