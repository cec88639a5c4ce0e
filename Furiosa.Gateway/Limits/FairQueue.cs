namespace Furiosa.Gateway.Limits;

/// <summary>
/// Holds requests back while the runtime has enough that wait, and lets the next through by priority, then by turns: the key that has had
/// the least of the server for its weight comes first, and a key's own requests in their order. Thread-safe.
/// </summary>
internal sealed class FairQueue
{
    // Serials keep the order of arrival where all else is equal.
    private readonly Lock _lock = new();
    private readonly LinkedList<Entry> _waiting = [];
    private readonly Dictionary<string, double> _served = [];
    private readonly int _mostPending;
    private double _turn;
    private int _room;
    private int _pending;

    /// <param name="room">Requests that the runtime may have waiting at once: enough that it never runs dry, few enough that turns count.</param>
    /// <param name="mostPending">Most requests that have not begun.</param>
    public FairQueue(int room, int mostPending) => (_room, _mostPending) = (room, mostPending);

    /// <summary>Requests that are held back, and the prompt tokens of these.</summary>
    public (int Count, long Tokens) Waiting
    {
        get { lock (_lock) return (_waiting.Count, _waiting.Sum(entry => (long)entry.Tokens)); }
    }

    /// <summary>Requests that have not begun, held back or in the runtime.</summary>
    public int Pending
    {
        get { lock (_lock) return _pending; }
    }

    /// <summary>Prompt tokens that wait, here and in the runtime.</summary>
    public long QueuedTokens { get; private set; }

    /// <summary>Waits for a request's turn. The turn must be given back with <see cref="Entry.Started"/> or by disposing it.</summary>
    /// <exception cref="QueueFullException">Too many wait already.</exception>
    public async Task<Entry> EnterAsync(string key, double weight, int priority, int tokens, CancellationToken cancellation)
    {
        var entry = new Entry(this, key, weight, priority, tokens);
        lock (_lock)
        {
            if (_pending >= _mostPending) throw new QueueFullException(_pending);
            _pending++;
            // A key that was away does not save up turns: it begins where the one that is furthest behind stands, or where the last one stood.
            var least = _waiting.Count == 0 ? _turn : _waiting.Min(other => _served[other.Key]);
            _served[key] = Math.Max(_served.GetValueOrDefault(key), least);
            QueuedTokens += tokens;
            _waiting.AddLast(entry);
            Serve();
        }
        try
        {
            await entry.Turn.Task.WaitAsync(cancellation);
            return entry;
        }
        catch
        {
            entry.Dispose();
            throw;
        }
    }

    /// <summary>A key had prompt tokens computed for it at another gateway: others come before it here.</summary>
    public void NoteElsewhere(string key, double weight, long tokens)
    {
        lock (_lock)
        {
            if (_served.TryGetValue(key, out var served)) _served[key] = served + (tokens / weight);
        }
    }

    private void Serve()
    {
        while (_room > 0 && _waiting.Count > 0)
        {
            var next = _waiting.MinBy(entry => (entry.Priority, _served[entry.Key]))!;
            _waiting.Remove(next);
            next.HasTurn = true;
            _room--;
            _turn = Math.Max(_turn, _served[next.Key]);
            _served[next.Key] += next.Tokens / next.Weight;
            next.Turn.SetResult();
        }
    }

    private void GiveBack(Entry entry)
    {
        lock (_lock)
        {
            if (entry.IsOver) return;
            entry.IsOver = true;
            QueuedTokens -= entry.Tokens;
            _pending--;
            if (entry.HasTurn) _room++;
            else _waiting.Remove(entry);
            Serve();
        }
    }

    /// <summary>A request in the queue.</summary>
    internal sealed class Entry(FairQueue queue, string key, double weight, int priority, int tokens) : IDisposable
    {
        public string Key => key;

        public double Weight => weight;

        public int Priority => priority;

        public int Tokens => tokens;

        public bool HasTurn { get; set; }

        public bool IsOver { get; set; }

        public TaskCompletionSource Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>The runtime has begun with it.</summary>
        public void Started() => queue.GiveBack(this);

        /// <summary>It will not begin any more, if it has not.</summary>
        public void Dispose() => queue.GiveBack(this);
    }
}

/// <summary>Too many requests wait.</summary>
internal sealed class QueueFullException(int waiting) : Exception
{
    public int Waiting => waiting;
}
