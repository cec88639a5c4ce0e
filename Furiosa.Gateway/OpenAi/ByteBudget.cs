namespace Furiosa.Gateway.OpenAi;

/// <summary>A number of bytes that many share: who wants some waits in turn until they are free. Thread-safe.</summary>
/// <param name="capacity">The bytes that may be taken at once.</param>
/// <param name="clock">What waiting is measured by.</param>
internal sealed class ByteBudget(long capacity, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiters = [];
    private readonly long _capacity = capacity;
    private long _free = capacity;

    /// <summary>Takes bytes; what is more than the whole budget counts as the whole.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="patience">The longest wait.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Gives the bytes back when disposed; null when the wait was too long.</returns>
    public async Task<IDisposable?> TakeAsync(long bytes, TimeSpan patience, CancellationToken cancellation)
    {
        var waiter = new Waiter(this, Math.Min(bytes, _capacity));
        lock (_lock)
        {
            _waiters.AddLast(waiter);
            Serve();
        }
        try
        {
            await waiter.Served.Task.WaitAsync(patience, clock, cancellation);
            return waiter;
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            waiter.Dispose();
            cancellation.ThrowIfCancellationRequested();
            return null;
        }
    }

    // In turn: a large one is not overtaken for ever by small ones.
    private void Serve()
    {
        while (_waiters.First is { } first && first.Value.Bytes <= _free)
        {
            _free -= first.Value.Bytes;
            _waiters.RemoveFirst();
            first.Value.Served.SetResult();
        }
    }

    private sealed class Waiter(ByteBudget budget, long bytes) : IDisposable
    {
        public long Bytes => bytes;

        public TaskCompletionSource Served { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        // One that still waits leaves the line; the bytes of one that was served, perhaps just as it gave up, go back.
        public void Dispose()
        {
            lock (budget._lock)
            {
                if (!budget._waiters.Remove(this)) budget._free += bytes;
                budget.Serve();
            }
        }
    }
}
