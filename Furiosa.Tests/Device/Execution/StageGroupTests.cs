using Furiosa.Device.Execution;
using Furiosa.Tests.Device.Models;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Execution;

[TestFixture]
internal sealed class StageGroupTests
{
    private const int Blocks = 64;

    [Test]
    public void Execute_BadSteps_FaultOnEveryMemberAndTheGroupGoesOn()
    {
        using var runner = ReplicaRunner.Open(Fixtures.Model("qwen3"), 4);
        var good = runner.Prefill([5, 6, 7]);
        (string Part, Action Step)[] bad =
        [
            ("token id 512", () => runner.Step([512], [Slice(0, 1, 0)], [])),
            ("token id -1", () => runner.Step([-1], [Slice(0, 1, 0)], [])),
            ("of a pool", () => runner.Step([5], [Slice(0, 1, Blocks)], [])),
            ("of a pool", () => runner.Step([5], [Slice(0, 1, -1)], [])),
            ("blocks and needs 2", () => runner.Step([5], [Slice(16, 1, 0)], [])),
            ("reaches position 513", () => runner.Step([5], [new SequenceSlice(1, 512, 1, new int[40])], [])),
            ("slice of 0 rows", () => runner.Step([5], [Slice(0, 0, 0), Slice(0, 1, 0)], [])),
            ("slice of 2 rows", () => runner.Step([5], [Slice(0, 2, 0)], [])),
            ("the slices have 1 rows", () => runner.Step([5, 6], [Slice(0, 1, 0)], [])),
            ("sample names row 1", () => runner.Step([5], [Slice(0, 1, 0)], [ReplicaRunner.Greedy(1)])),
            ("token id 600", () => runner.Step([5], [Slice(0, 1, 0)], [new(0, new ScoreToken(600, 0))])),
            ("block copy", () => runner.Step([5], [Slice(0, 1, 0)], [], [new BlockCopy(0, Blocks)])),
            ("sample request", () => runner.Step([5], [Slice(0, 1, 0)], [new(0, new Unheard())])), // fails on a compute thread
        ];

        foreach (var (part, step) in bad) Assert.That(step, Throws.InvalidOperationException.With.Message.Contains(part));
        Assert.That(runner.Prefill([5, 6, 7], firstBlock: 10), Is.EqualTo(good));
    }

    [Test]
    public void Execute_SomeMembersOnly_WaitsForTheRest()
    {
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = Fixtures.Model("qwen3") });
        using var runner = new ReplicaRunner(host, 2);
        var pes = runner.Stages[0].Pes;
        var first = Step(1);
        var second = Step(2);
        var order = new List<long>();
        using var done = new CountdownEvent(4);
        void Completed(PeOutcome outcome)
        {
            lock (order) order.Add(outcome.StepId);
            done.Signal();
        }

        pes[1].Execute(first, Completed);
        pes[1].Execute(second, Completed);
        Assert.That(order, Is.Empty, "rank 0 has no step yet");
        pes[0].Execute(first, Completed);
        pes[0].Execute(second, Completed);

        Assert.That(done.Wait(TimeSpan.FromMinutes(1)));
        Assert.That(order, Is.EqualTo(new long[] { 1, 1, 2, 2 }));
    }

    [Test]
    public void Execute_StepEndsWhileItsPredecessorIsTold_IsToldAfterIt()
    {
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = Fixtures.Model("qwen3"), ComputeThreads = 2 });
        using var runner = new ReplicaRunner(host);
        var stage = runner.Stages[0];
        var order = new List<long>();
        using var given = new ManualResetEventSlim();
        using var done = new CountdownEvent(4);
        bool wentOn = false;
        void Completed(PeOutcome outcome)
        {
            // The other thread takes up step 4 when it has left behind all that step 2 leads to.
            if (outcome.StepId == 1) wentOn = given.Wait(TimeSpan.FromMinutes(1)) && SpinWait.SpinUntil(() => stage.Times.Steps == 4, TimeSpan.FromMinutes(1));
            lock (order) order.Add(outcome.StepId);
            done.Signal();
        }

        for (int id = 1; id <= 4; id++) stage.Pes[0].Execute(Step(id), Completed);
        given.Set();

        Assert.That(done.Wait(TimeSpan.FromMinutes(2)));
        Assert.That(wentOn, "steps are computed while an earlier one is told");
        Assert.That(order, Is.EqualTo(new long[] { 1, 2, 3, 4 }));
    }

    [Test]
    public void Execute_DifferentStepsForOneRendezvous_Faults()
    {
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = Fixtures.Model("qwen3") });
        using var runner = new ReplicaRunner(host, 2);
        string?[] faults = new string?[2];
        using var done = new CountdownEvent(2);
        for (int i = 0; i < 2; i++)
        {
            int index = i;
            runner.Stages[0].Pes[i].Execute(Step(i), outcome =>
            {
                faults[index] = outcome.Fault;
                done.Signal();
            });
        }

        Assert.That(done.Wait(TimeSpan.FromMinutes(1)));
        Assert.That(faults, Has.All.Contains("different steps"));
    }

    [Test]
    public void Dispose_WithHalfGivenStep_EndsItWithAFault()
    {
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = Fixtures.Model("qwen3") });
        var runner = new ReplicaRunner(host, 2);
        var pe = runner.Stages[0].Pes[0];
        string? fault = null, late = null;
        pe.Execute(Step(1), outcome => fault = outcome.Fault);
        runner.Dispose();
        pe.Execute(Step(2), outcome => late = outcome.Fault);

        Assert.That(fault, Does.Contain("disposed"));
        Assert.That(late, Does.Contain("disposed"));
    }

    [Test]
    public void Execute_SteadyState_AllocatesOnlyResults()
    {
        using var runner = ReplicaRunner.Open(Fixtures.Model("llama-bias-linear-rope"), 4);
        var stage = runner.Stages[0];
        var steps = Enumerable.Range(0, 120).Select(i => Step(i)).ToArray();
        using var done = new AutoResetEvent(false);
        int left = 0;
        Action<PeOutcome> completed = _ =>
        {
            if (Interlocked.Decrement(ref left) == 0) done.Set();
        };
        void Run(StageStep step)
        {
            left = 4;
            for (int i = 0; i < 4; i++) stage.Pes[i].Execute(step, completed);
            done.WaitOne();
        }

        // The count is the whole process's: whatever else allocates meanwhile only adds to it.
        long least = long.MaxValue;
        for (int i = 0; i < 20; i++) Run(steps[i]);
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 20; i < 120; i++) Run(steps[i]);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / 100);
        }

        // The outcomes, the answers and the rendezvous; nothing for each layer, row or phase.
        Assert.That(least, Is.LessThan(1000));
    }

    [Test]
    public void CreateStage_BadPlacements_AreRefused()
    {
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = Fixtures.Model("qwen3") });
        StagePlacement Place(int stage, int stages, int size, params int[] local) =>
            new(0, stage, stages, [.. Enumerable.Range(0, size).Select(pe => new Furiosa.Device.Mesh.PeId(0, pe))], local);

        Assert.That(() => host.CreateStage(Place(0, 1, 3, 0, 1, 2), new(4)), Throws.ArgumentException.With.Message.Contains("1, 2, 4 or 8"));
        Assert.That(() => host.CreateStage(Place(0, 5, 1, 0), new(4)), Throws.ArgumentException.With.Message.Contains("5 stages for 4 layers"));
        Assert.That(() => host.CreateStage(Place(2, 2, 1, 0), new(4)), Throws.ArgumentException.With.Message.Contains("Stage 2 of 2"));
        Assert.That(() => host.CreateStage(Place(0, 1, 2, 0), new(4)), Throws.ArgumentException.With.Message.Contains("needs a link"));
        Assert.That(() => host.CreateStage(Place(0, 1, 2, 1, 0), new(4)), Throws.ArgumentException.With.Message.Contains("ascending"));
        Assert.That(() => host.CreateStage(Place(0, 1, 1, 0), new(0)), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static SequenceSlice Slice(int position, int count, int firstBlock) => new(1, position, count, [firstBlock]);

    private static StageStep Step(long id) => new(
        new StepBatch { StepId = id, TokenIds = [5], Slices = [Slice(3, 1, 0)], Samples = [ReplicaRunner.Greedy(0)], Copies = [] }, null);

    private sealed record Unheard : SampleRequest;
}
