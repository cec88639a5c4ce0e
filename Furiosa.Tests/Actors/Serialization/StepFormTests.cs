using System.Collections.Immutable;
using System.Runtime.Serialization;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Scheduling;
using Furiosa.Actors.Serialization;
using Furiosa.Device.Execution;
using Furiosa.Tests.Actors.Scheduling;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Actors.Serialization;

/// <summary>Steps between nodes: small, whole, and harmless when they are spoilt. (That answers do not depend on them is shown where the scheduler is.)</summary>
internal sealed class StepFormTests
{
    private const int MostBytes = 4096;
    private const int MostMemory = 5120; // of the receiver: most of it are the slices, 40 bytes each

    [TestCase(1, 0)]
    [TestCase(16, 0)]
    [TestCase(64, 0)]
    [TestCase(64, 192)]
    public void Write_StepsOfSteadyDecode_StayWithin4KiB(int streams, int states)
    {
        var scheduler = new Scheduler(new SchedulerOptions { BlockCount = 64 * 64, MaxModelLen = 1024, MaxConcurrency = 64, StateCount = states });
        for (var i = 0; i < streams; i++) scheduler.Submit(Requests.Of($"{i:x32}:1", Requests.Prompt(5, i), 1000)); // as long as their names are
        var wire = new StepWire();
        var (most, sum, memory, result, told) = (0, 0L, 0L, 0, 0);
        for (var step = 0; step < 400; step++)
        {
            var batch = scheduler.Schedule()!;
            var bytes = wire.Write(batch);
            var before = GC.GetAllocatedBytesForCurrentThread();
            wire.Read(bytes);
            var taken = GC.GetAllocatedBytesForCurrentThread() - before;
            var answers = new StepResult(batch.StepId, new SampleAnswer[batch.Samples.Length]);
            // The first steps are prompts, and make what is known of each sequence.
            if (step >= 200) (most, sum, memory) = (Math.Max(most, wire.Bytes), sum + wire.Bytes, memory + taken);
            result = Bytes(to => ResultForm.Write(to, answers));
            scheduler.Apply(answers);
            ImmutableArray<RequestOutput> outputs = [.. scheduler.Outputs];
            told = Bytes(to => ReplicaForm.WriteOutput(to, new StepOutput(0, 1L << 40, new SessionMark(1L << 40, step, step), outputs, default)));
            scheduler.Outputs.Clear();
        }

        TestContext.Out.WriteLine($"{streams} streams: {sum / 200} bytes a step, {most} at most, {memory / 200} in the receiver's memory; its result {result}, what the gateway is told {told}");
        Assert.That(most, Is.LessThanOrEqualTo(MostBytes));
        Assert.That(memory / 200, Is.LessThanOrEqualTo(MostMemory));
        Assert.That(result, Is.LessThanOrEqualTo(MostBytes));
        Assert.That(told, Is.LessThanOrEqualTo(MostBytes));
    }

    [Test]
    public void Read_RandomSteps_GivesWhatWasWritten([Range(0, 9)] int seed)
    {
        var (steps, wire) = (new RandomSteps(new Random(seed)), new StepWire());
        for (var step = 0; step < 200; step++)
        {
            var batch = steps.Next();
            Assert.That(RandomSteps.Describe(wire.Pass(batch)), Is.EqualTo(RandomSteps.Describe(batch)));
        }
    }

    [Test]
    public void Read_MoreSequencesThanAreKnownAtOnce_GivesWhatWasWritten()
    {
        var wire = new StepWire();
        for (var step = 0; step < 3 * StepMirror.SlotCount; step++)
        {
            var id = step * 7 % (StepMirror.SlotCount + 3);
            var batch = new StepBatch { StepId = step, TokenIds = [step], Slices = [new(id, step, 1, new int[step])], Samples = [], Copies = [] };
            if (batch.Slices[0].BlockCount > step) continue;
            Assert.That(RandomSteps.Describe(wire.Pass(batch)), Is.EqualTo(RandomSteps.Describe(batch)));
        }
    }

    [Test]
    public void Read_SpoiltBytes_FailsCleanlyOrReadsAStep([Range(0, 19)] int seed)
    {
        var random = new Random(seed);
        var (steps, wire) = (new RandomSteps(random), new StepWire());
        for (var step = 0; step < 100; step++)
        {
            var bytes = wire.Write(steps.Next());
            if (random.Next(3) == 0) bytes = bytes[..random.Next(bytes.Length + 1)];
            for (var flips = random.Next(4); flips > 0 && bytes.Length > 0; flips--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                wire.Read(bytes);
            }
            catch (SerializationException)
            {
                // That is what it may do; anything else fails the test.
            }
        }
    }

    private static int Bytes(Action<WireWriter> write)
    {
        var writer = new WireWriter();
        write(writer);
        return writer.Written.Length;
    }
}
