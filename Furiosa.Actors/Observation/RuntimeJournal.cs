namespace Furiosa.Actors.Observation;

/// <summary>The last events of a process, in order. Thread-safe.</summary>
public sealed class RuntimeJournal
{
    private const int Kept = 1000;
    private readonly Lock _lock = new();
    private readonly Queue<RuntimeEvent> _events = new();
    private long _last;

    /// <summary>Told of each event as it is added, on the thread that adds it; must be short.</summary>
    public event Action<RuntimeEvent>? Added;

    /// <summary>Notes an event.</summary>
    /// <param name="kind">A word in snake case.</param>
    /// <param name="message">One line.</param>
    /// <param name="replica">The replica concerned.</param>
    /// <param name="node">The node concerned.</param>
    /// <param name="requestId">The request concerned.</param>
    public void Add(string kind, string message, int? replica = null, string? node = null, string? requestId = null)
    {
        RuntimeEvent added;
        lock (_lock)
        {
            added = new(++_last, TimeProvider.System.GetUtcNow(), kind, message) { Replica = replica, Node = node, RequestId = requestId };
            _events.Enqueue(added);
            if (_events.Count > Kept) _events.Dequeue();
        }
        Added?.Invoke(added);
    }

    /// <summary>The events after a number that are still kept, oldest first.</summary>
    public IReadOnlyList<RuntimeEvent> After(long number)
    {
        lock (_lock) return [.. _events.Where(one => one.Number > number)];
    }
}
