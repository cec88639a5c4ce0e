using Furiosa.Device.Execution;

namespace Furiosa.Tests.Device.Execution;

[TestFixture]
internal sealed class ComputeTeamTests
{
    [Test]
    public void Run_ManyPhases_DoesEveryItemOnceAndNoneEarly([Values(1, 2, 5)] int threads, [Values(1, 2, 37)] int items)
    {
        using var team = new ComputeTeam(threads);
        const int Phases = 2000;
        var program = new CountingProgram(Phases, items);
        team.Enqueue(program);

        Assert.That(program.Done.Wait(TimeSpan.FromMinutes(1)));
        Assert.That(program.Fault, Is.Null);
        Assert.That(program.Counts, Is.All.EqualTo(Phases));
    }

    [Test]
    public void Run_OnTwoThreads_EachBeginsWithItsOwnNeighbours()
    {
        using var team = new ComputeTeam(2);
        using var both = new Barrier(2);
        int[] workers = new int[10];
        team.Run(10, (worker, item) =>
        {
            workers[item] = worker;
            if (item is 0 or 5) both.SignalAndWait();
        });

        Assert.That((workers[0], workers[5]), Is.EqualTo((0, 1)));
    }

    [Test]
    public void Run_AThreadIsHeldByAnItem_OthersDoItsShare([Values(2, 3)] int threads)
    {
        using var team = new ComputeTeam(threads);
        using var others = new CountdownEvent(9);
        bool done = false;
        team.Run(10, (_, item) =>
        {
            if (item == 0) done = others.Wait(TimeSpan.FromMinutes(1));
            else others.Signal();
        });

        Assert.That(done);
    }

    [Test]
    public void Prepare_OfAProgram_IsAskedOfAThreadThatWaits()
    {
        using var team = new ComputeTeam(2);
        var program = new PreparedProgram();
        team.Enqueue(program);

        Assert.That(program.Done.Wait(TimeSpan.FromMinutes(1)));
        Assert.That(program.WasPrepared);
    }

    [Test]
    public void Enqueue_FromManyThreads_RunsEveryProgram()
    {
        using var team = new ComputeTeam(3);
        int sum = 0;
        Parallel.For(0, 200, _ => team.Run(7, (_, item) => Interlocked.Add(ref sum, item)));

        Assert.That(sum, Is.EqualTo(200 * 21));
    }

    [Test]
    public void Run_ItemThrows_FailsThatProgramOnly([Values(1, 4)] int threads)
    {
        using var team = new ComputeTeam(threads);

        Assert.That(
            () => team.Run(10, (_, item) => throw new InvalidOperationException($"item {item}")), Throws.InvalidOperationException);
        int done = 0;
        team.Run(10, (_, _) => Interlocked.Increment(ref done));
        Assert.That(done, Is.EqualTo(10));
    }

    [Test]
    public void Afterwards_OfAProgram_RunsOnceAndMayWaitForTheNextOne([Values(2, 3)] int threads)
    {
        using var team = new ComputeTeam(threads);
        var next = new CountingProgram(3, 2);
        using var ended = new ManualResetEventSlim();
        int runs = 0;
        team.Enqueue(new EndingProgram(() => ComputeTeam.Afterwards(new Work(() =>
        {
            Interlocked.Increment(ref runs);
            team.Enqueue(next);
            if (next.Done.Wait(TimeSpan.FromMinutes(1))) ended.Set();
        }))));

        Assert.That(ended.Wait(TimeSpan.FromMinutes(1)), "somebody else computes meanwhile");
        Assert.That(next.Counts, Is.All.EqualTo(3));
        Assert.That(runs, Is.EqualTo(1));
    }

    [Test]
    public void Afterwards_OnAnotherThread_RunsAtOnce()
    {
        int thread = 0;
        ComputeTeam.Afterwards(new Work(() => thread = Environment.CurrentManagedThreadId));

        Assert.That(thread, Is.EqualTo(Environment.CurrentManagedThreadId));
    }

    [Test]
    public void Dispose_WithWaitingPrograms_FailsThem()
    {
        using var entered = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var team = new ComputeTeam(2);
        var running = Task.Run(() => team.Run(1, (_, _) =>
        {
            entered.Set();
            release.Wait();
        }));
        entered.Wait();
        var waiting = new CountingProgram(3, 2);
        team.Enqueue(waiting);
        var disposing = Task.Run(team.Dispose);
        while (true)
        {
            try
            {
                team.Enqueue(new CountingProgram(1, 1)); // until the team is closed to new work
            }
            catch (ObjectDisposedException)
            {
                break;
            }
        }

        release.Set();
        Assert.That(running.Wait(TimeSpan.FromMinutes(1)) && disposing.Wait(TimeSpan.FromMinutes(1)));
        Assert.That(waiting.Done.Wait(TimeSpan.FromMinutes(1)));
        Assert.That(waiting.Fault, Is.InstanceOf<ObjectDisposedException>());
    }

    private sealed class Work(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }

    /// <summary>Two items, one of which waits until the other one's thread prepares.</summary>
    private sealed class PreparedProgram : TeamProgram
    {
        private readonly ManualResetEventSlim _prepared = new();
        private readonly Barrier _begun = new(2);
        private int _phase;

        public ManualResetEventSlim Done { get; } = new();

        public bool WasPrepared { get; private set; }

        public override PhaseKind MoveNext(out int items)
        {
            items = 2;
            return _phase++ == 0 ? PhaseKind.Items : PhaseKind.End;
        }

        public override bool Prepare(int worker)
        {
            _prepared.Set();
            return false;
        }

        public override void Run(int worker, int item)
        {
            _begun.SignalAndWait(); // a thread that still sleeps would not prepare
            if (item == 0) WasPrepared = _prepared.Wait(TimeSpan.FromMinutes(1));
        }

        public override void Complete() => Done.Set();
    }

    private sealed class EndingProgram(Action completed) : TeamProgram
    {
        public override PhaseKind MoveNext(out int items)
        {
            items = 0;
            return PhaseKind.End;
        }

        public override void Run(int worker, int item)
        {
        }

        public override void Complete() => completed();
    }

    private sealed class CountingProgram(int phases, int items) : TeamProgram
    {
        private int _phase;
        private int _inPhase;

        public ManualResetEventSlim Done { get; } = new();

        public int[] Counts { get; } = new int[items];

        public override PhaseKind MoveNext(out int count)
        {
            if (_phase > 0 && Interlocked.Exchange(ref _inPhase, 0) != items) Fail(new InvalidOperationException("a phase ended early"));
            count = items;
            return Fault is not null || _phase++ == phases ? PhaseKind.End : PhaseKind.Items;
        }

        public override void Run(int worker, int item)
        {
            Counts[item]++;
            Interlocked.Increment(ref _inPhase);
        }

        public override void Complete() => Done.Set();
    }
}
