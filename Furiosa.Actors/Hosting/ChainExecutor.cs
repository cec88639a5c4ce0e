using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;

namespace Furiosa.Actors.Hosting;

/// <summary>
/// Runs actors on the thread pool, but those that an actor makes ready one after another on its own thread: what a step passes through takes
/// one thread that is awake, not one after the other that must be woken. An actor still handles one message at a time, in order.
/// </summary>
internal sealed class ChainExecutor(string id) : ExecutorService(id)
{
    // More than that may as well run on several threads.
    private const int Longest = 16;

    [ThreadStatic]
    private static Chain? _chain;

    public override void Execute(IRunnable run)
    {
        if (_chain is { } chain && chain.Id == Id && chain.Ready.Count < Longest) chain.Ready.Enqueue(run);
        else ThreadPool.UnsafeQueueUserWorkItem(new First(this, run), preferLocal: false);
    }

    public override void Shutdown()
    {
    }

    /// <summary>
    /// Until it is disposed, actors of a dispatcher that are made ready are not started; then they run, one after another, on this thread.
    /// Within another one of its kind it does nothing.
    /// </summary>
    /// <param name="dispatcher">The dispatcher's name.</param>
    public static Scope Open(string dispatcher)
    {
        var chain = _chain ??= new Chain();
        if (chain.Id is not null) return default;
        chain.Id = dispatcher;
        return new Scope(chain);
    }

    /// <summary>Runs what has been made ready when it is disposed.</summary>
    internal readonly struct Scope(Chain? chain) : IDisposable
    {
        public void Dispose()
        {
            if (chain is null) return;
            try
            {
                while (chain.Ready.TryDequeue(out var next)) next.Run();
            }
            finally
            {
                chain.Id = null;
                while (chain.Ready.TryDequeue(out var left)) ThreadPool.UnsafeQueueUserWorkItem(static run => run.Run(), left, preferLocal: false);
            }
        }
    }

    /// <summary>What a thread is to run.</summary>
    internal sealed class Chain
    {
        /// <summary>The dispatcher whose actors are taken; null while there is no chain.</summary>
        public string? Id { get; set; }

        public Queue<IRunnable> Ready { get; } = new();
    }

    private sealed class First(ChainExecutor executor, IRunnable run) : IThreadPoolWorkItem
    {
        public void Execute()
        {
            using var _ = Open(executor.Id);
            run.Run();
        }
    }
}

/// <summary>Makes the executors; named in the actor system's settings.</summary>
/// <param name="config">Not looked at.</param>
/// <param name="prerequisites">Of the system.</param>
internal sealed class ChainExecutors(Config config, IDispatcherPrerequisites prerequisites) : ExecutorServiceConfigurator(config, prerequisites)
{
    public override ExecutorService Produce(string id) => new ChainExecutor(id);
}

/// <summary>The dispatchers of actors that a step passes through; others are on the default one.</summary>
internal static class ChainDispatchers
{
    /// <summary>Replicas, stages and PEs: from a step's end to the next one's start. Their last message comes from a compute thread, which runs them.</summary>
    public const string Steps = "akka.actor.furiosa-steps";

    /// <summary>The gateway's actor and requests' streams.</summary>
    public const string Answers = "akka.actor.furiosa-answers";

    /// <summary>Puts an actor on one of them; where a system does not have it, the default one stays.</summary>
    public static Props On(this Props props, ActorSystem system, string dispatcher) => system.Dispatchers.HasDispatcher(dispatcher) ? props.WithDispatcher(dispatcher) : props;
}
