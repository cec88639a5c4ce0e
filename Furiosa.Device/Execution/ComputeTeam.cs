using System.Runtime.InteropServices;

namespace Furiosa.Device.Execution;

/// <summary>
/// The dedicated threads that compute for a process, as many as the cores it may use. Programs run one at a time in the order
/// they come, each with the whole team. Each thread has a share of neighbouring items, because memory is read fastest in long runs,
/// and claims them one by one; then it claims what is left of the others' shares, so that a thread the system has taken
/// away delays nobody but the item it holds. Idle threads sleep.
/// </summary>
public sealed class ComputeTeam : IDisposable
{
    private const int Spins = 1500; // about 50 microseconds: within a program, and until what its end leads to has brought the next one

    [ThreadStatic]
    private static List<IThreadPoolWorkItem>? _afterwards; // of a compute thread that has others beside it

    private readonly Thread[] _threads;
    private readonly object _gate = new();
    private readonly Queue<TeamProgram> _queue = new();

    private readonly Share[] _shares; // of the phase, one for each thread
    private TeamProgram? _program;
    private int _remaining;
    private int _sleepers;
    private volatile bool _busy;
    private volatile bool _stopped;

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">How many; null for the cores this process may use.</param>
    public ComputeTeam(int? threads = null)
    {
        int count = threads ?? Environment.ProcessorCount;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count, nameof(threads));
        _shares = new Share[count];
        _threads = new Thread[count];
        for (int i = 0; i < count; i++)
        {
            int worker = i;
            _threads[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"compute-{worker}" };
            _threads[i].Start();
        }
    }

    /// <summary>How many threads compute.</summary>
    public int ThreadCount => _threads.Length;

    /// <summary>Stops the threads when the running program has ended; queued ones fail.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopped) return;
            _stopped = true;
            Monitor.PulseAll(_gate);
        }

        foreach (var thread in _threads)
        {
            if (thread != Thread.CurrentThread) thread.Join();
        }
    }

    internal void Enqueue(TeamProgram program)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            _queue.Enqueue(program);
            if (_busy) return;
            _busy = true;
        }

        // The team is idle: one item without a program makes a thread look into the queue.
        Publish(null, 1);
    }

    /// <summary>Runs items on the team and waits for them. Not to be called on a compute thread.</summary>
    internal void Run(int items, Action<int, int> body)
    {
        using var program = new OneShotProgram(items, body);
        Enqueue(program);
        program.Join();
    }

    /// <summary>
    /// Runs what a program's end leads to, for a program that is completed on this thread: when the team has what comes next, if anything, so
    /// that the rest of it computes meanwhile. A team of one runs it before it takes up the next program.
    /// </summary>
    internal static void Afterwards(IThreadPoolWorkItem work)
    {
        if (_afterwards is { } list) list.Add(work);
        else work.Execute();
    }

    private void Work(int worker)
    {
        List<IThreadPoolWorkItem> afterwards = [];
        if (_threads.Length > 1) _afterwards = afterwards;
        while (WaitForItems(worker))
        {
            // Counted together: threads that counted each item would take the counter's cache line from one another.
            int done = 0;
            for (; TryClaim(worker, out int item); done++)
            {
                if (_program is { } program) RunItem(program, worker, item);
            }

            if (done == 0 || Interlocked.Add(ref _remaining, -done) > 0) continue;
            Advance(_program, worker);
            for (int i = 0; i < afterwards.Count; i++) afterwards[i].Execute();
            afterwards.Clear();
        }
    }

    private static void RunItem(TeamProgram program, int worker, int item)
    {
        try
        {
            program.Run(worker, item);
        }
        catch (Exception error)
        {
            program.Fail(error);
        }
    }

    /// <summary>Called by the thread that was the last to finish its items of a phase: sets up the next phase that several threads can share.</summary>
    private void Advance(TeamProgram? program, int worker)
    {
        while (true)
        {
            if (program is null && (program = Dequeue()) is null) return;
            switch (MoveNext(program, out int items))
            {
                case PhaseKind.End:
                    program.Complete();
                    program = null;
                    break;
                case PhaseKind.Waiting:
                    program.Wait(this);
                    program = null;
                    break;
                default:
                    if (items > 1 && _threads.Length > 1)
                    {
                        Publish(program, items);
                        return;
                    }

                    for (int item = 0; item < items; item++) RunItem(program, worker, item);
                    break;
            }
        }
    }

    private static PhaseKind MoveNext(TeamProgram program, out int items)
    {
        try
        {
            return program.MoveNext(out items);
        }
        catch (Exception error)
        {
            program.Fail(error);
            items = 0;
            return PhaseKind.Items;
        }
    }

    private TeamProgram? Dequeue()
    {
        lock (_gate)
        {
            if (_queue.TryDequeue(out var program))
            {
                if (_stopped) program.Fail(new ObjectDisposedException(nameof(ComputeTeam)));
                return program;
            }

            _busy = false;
            if (_stopped) Monitor.PulseAll(_gate);
            return null;
        }
    }

    private void Publish(TeamProgram? program, int items)
    {
        _program = program;
        _remaining = items;

        // A share without items is not written: those of the phase before are used up, and as soon as all others are published the phase may end and
        // the next one begin.
        for (int i = 0, first = 0, end; i < _shares.Length; i++, first = end)
        {
            end = (int)((i + 1L) * items / _shares.Length);
            if (end > first) Interlocked.Exchange(ref _shares[i].Ticket, ((long)end << 32) | (uint)first);
        }

        if (Volatile.Read(ref _sleepers) == 0) return;
        lock (_gate) Monitor.PulseAll(_gate);
    }

    private bool TryClaim(int worker, out int item)
    {
        for (int i = 0, share = worker; i < _shares.Length; i++, share = share + 1 < _shares.Length ? share + 1 : 0)
        {
            ref long ticket = ref _shares[share].Ticket;
            if (!HasItems(Volatile.Read(ref ticket))) continue;
            long claimed = Interlocked.Increment(ref ticket) - 1;
            if (!HasItems(claimed)) continue;
            item = (int)(uint)claimed;
            return true;
        }

        item = 0;
        return false;
    }

    private bool WaitForItems(int worker)
    {
        for (int spins = 0; !_stopped || _busy; spins++)
        {
            if (HasItems()) return true;
            if (_threads.Length > 1 && spins < Spins)
            {
                if (_program?.Prepare(worker) != true) Thread.SpinWait(1);
                continue;
            }

            Sleep();
            spins = 0;
        }

        return false;
    }

    private void Sleep()
    {
        lock (_gate)
        {
            // Counted before the last look, as the publisher counts sleepers after writing the ticket: one of the two sees the other.
            Interlocked.Increment(ref _sleepers);
            while (!HasItems() && !(_stopped && !_busy)) Monitor.Wait(_gate);
            Interlocked.Decrement(ref _sleepers);
        }
    }

    private bool HasItems()
    {
        foreach (ref var share in _shares.AsSpan())
        {
            if (HasItems(Volatile.Read(ref share.Ticket))) return true;
        }

        return false;
    }

    private static bool HasItems(long ticket) => (uint)ticket < (uint)(ticket >> 32);

    /// <summary>
    /// Where a share ends and its next item, in one word: a late thread can never take an item of one phase for one of another. Alone in its cache
    /// lines.
    /// </summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Share
    {
        [FieldOffset(64)]
        public long Ticket;
    }
}
