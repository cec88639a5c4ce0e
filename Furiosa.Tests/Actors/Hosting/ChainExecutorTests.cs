using Akka.Dispatch;
using Furiosa.Actors.Hosting;

namespace Furiosa.Tests.Actors.Hosting;

/// <summary>What is made ready on a thread of the same kind runs there, one after another; all else on the pool.</summary>
[TestFixture]
internal sealed class ChainExecutorTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ChainExecutor _steps = new(ChainDispatchers.Steps);
    private readonly ChainExecutor _answers = new(ChainDispatchers.Answers);

    [Test]
    public void Execute_WithinAScope_RunsOneAfterAnotherOnThisThreadWhenItEnds()
    {
        List<string> order = [];
        Work last = new(() => order.Add("last"));
        Work first = new(() =>
        {
            _steps.Execute(last);
            order.Add("first");
        });

        using (ChainExecutor.Open(ChainDispatchers.Steps))
        {
            _steps.Execute(first);
            order.Add("scope");
        }

        Assert.That(order, Is.EqualTo(new[] { "scope", "first", "last" }));
        Assert.That(last.Thread.Result, Is.EqualTo(Environment.CurrentManagedThreadId));
    }

    [Test]
    public void Execute_OnThePool_GoesOnOnTheSameThread()
    {
        Work last = new(() => { });
        Work first = new(() => _answers.Execute(last));
        _answers.Execute(first);

        Assert.That(last.Thread.Wait(Patience));
        Assert.That(last.Thread.Result, Is.EqualTo(first.Thread.Result).And.Not.EqualTo(Environment.CurrentManagedThreadId));
    }

    [Test]
    public void Execute_OfAnotherKind_DoesNotWaitForTheScope()
    {
        Work other = new(() => { });
        using (ChainExecutor.Open(ChainDispatchers.Steps))
        {
            _answers.Execute(other);
            Assert.That(other.Thread.Wait(Patience));
        }
    }

    [Test]
    public void Execute_ManyWithinAScope_RunsAllAndSomeOnThePool()
    {
        var all = Enumerable.Range(0, 100).Select(_ => new Work(() => { })).ToList();
        using (ChainExecutor.Open(ChainDispatchers.Steps))
        {
            foreach (var work in all) _steps.Execute(work);
            Assert.That(all[^1].Thread.Wait(Patience), "what is too much for one thread goes to the pool");
        }

        Assert.That(Task.WaitAll([.. all.Select(work => work.Thread)], Patience));
    }

    [Test]
    public void Dispose_WorkThrows_TheRestStillRuns()
    {
        Work rest = new(() => { });
        Assert.That(
            () =>
            {
                using var _ = ChainExecutor.Open(ChainDispatchers.Steps);
                _steps.Execute(new Work(() => throw new InvalidOperationException("a fault")));
                _steps.Execute(rest);
            },
            Throws.InvalidOperationException);

        Assert.That(rest.Thread.Wait(Patience));
    }

    private sealed class Work(Action action) : IRunnable
    {
        private readonly TaskCompletionSource<int> _thread = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<int> Thread => _thread.Task;

        public void Execute() => Run();

        public void Run()
        {
            action();
            _thread.SetResult(Environment.CurrentManagedThreadId);
        }
    }
}
