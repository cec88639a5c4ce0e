namespace Furiosa.Gateway.Observability;

/// <summary>The requests that run and the last ones that ended. Thread-safe.</summary>
internal sealed class RequestLog
{
    private const int Kept = 500;
    private readonly Lock _lock = new();
    private readonly Dictionary<long, RequestRecord> _running = [];
    private readonly Queue<RequestRecord> _ended = new();

    public int RunningCount
    {
        get { lock (_lock) return _running.Count; }
    }

    public void Add(RequestRecord record)
    {
        lock (_lock) _running.Add(record.Number, record);
    }

    public void MoveToEnded(RequestRecord record)
    {
        lock (_lock)
        {
            _running.Remove(record.Number);
            _ended.Enqueue(record);
            if (_ended.Count > Kept) _ended.Dequeue();
        }
    }

    /// <summary>Those that run and those that ended; newest first.</summary>
    /// <param name="most">How many.</param>
    /// <param name="wanted">Which; null for all.</param>
    public IReadOnlyList<RequestRecord> Newest(int most, Func<RequestRecord, bool>? wanted = null)
    {
        lock (_lock) return [.. _running.Values.Concat(_ended).Where(wanted ?? (static _ => true)).OrderByDescending(record => record.Number).Take(most)];
    }

    public RequestRecord? Find(string id)
    {
        lock (_lock) return _running.Values.Concat(_ended).Where(record => record.Id == id).MaxBy(record => record.Number);
    }
}
