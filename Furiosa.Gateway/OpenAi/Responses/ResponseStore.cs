using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi.Responses;

/// <summary>How many responses are kept, and for how long.</summary>
internal sealed record ResponseStoreOptions
{
    public bool IsEnabled { get; init; } = true;

    public int MaxEntries { get; init; } = 10_000;

    public long MaxBytes { get; init; } = 256L * 1024 * 1024;

    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromHours(1);
}

/// <summary>
/// The responses of this process, in memory: the oldest that are over give way to new ones, and each expires. Thread-safe.
/// </summary>
internal sealed class ResponseStore(ResponseStoreOptions options, ResponseIds ids, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _byId = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _byAge = [];
    private readonly Dictionary<(string? Owner, string Id), ResponseRun> _byItem = [];
    private long _bytes;

    public bool IsEnabled => options.IsEnabled;

    public ResponseIds Ids => ids;

    /// <summary>Keeps a response.</summary>
    /// <exception cref="ApiException">There is no room: all that are kept still run.</exception>
    public void Add(ResponseRun run)
    {
        lock (_lock)
        {
            MakeRoom(forMore: 1);
            if (_byId.Count >= options.MaxEntries)
                throw new ApiException(ApiError.Unavailable($"All {options.MaxEntries} responses that this server keeps are still running; try again.", "overloaded"));
            _byId.Add(run.Id, _byAge.AddLast(new Entry(run, clock.GetTimestamp())));
        }
        if (run.Ended.IsCompleted) Weigh(run);
        else _ = run.Ended.ContinueWith(_ => Weigh(run), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <param name="id">Its id.</param>
    /// <param name="owner">Whose it is, as <see cref="Limits.ClientKey.Owner"/> says; another's is as if it were not there.</param>
    /// <param name="param">The request field that names it.</param>
    /// <exception cref="ApiException">There is none of that name (any more).</exception>
    public ResponseRun Require(string id, string? owner, string? param = null)
    {
        lock (_lock)
        {
            MakeRoom();
            return _byId.TryGetValue(id, out var found) && found.Value.Run.Owner == owner ? found.Value.Run : throw new ApiException(ids.NotFound(id, param));
        }
    }

    /// <summary>Whether it is kept here.</summary>
    public bool Has(string id)
    {
        lock (_lock) return _byId.ContainsKey(id);
    }

    /// <summary>An item of a client's response that is kept and over; null where there is none of that id.</summary>
    public JObject? FindItem(string id, string? owner)
    {
        ResponseRun? run;
        lock (_lock)
        {
            MakeRoom();
            run = _byItem.GetValueOrDefault((owner, id));
        }
        return run?.FindItem(id);
    }

    public void Remove(string id)
    {
        lock (_lock)
        {
            if (_byId.TryGetValue(id, out var found)) Drop(found);
        }
    }

    private void Weigh(ResponseRun run)
    {
        var (bytes, items) = (run.Bytes, run.ItemIds);
        lock (_lock)
        {
            if (!_byId.TryGetValue(run.Id, out var found)) return;
            foreach (var item in items) _byItem.TryAdd((run.Owner, item), run);
            found.Value.Bytes = bytes;
            _bytes += bytes;
            MakeRoom();
        }
    }

    // One that still runs is not forgotten.
    private void MakeRoom(int forMore = 0)
    {
        for (var entry = _byAge.First; entry is not null;)
        {
            var next = entry.Next;
            var isOld = clock.GetElapsedTime(entry.Value.Since) >= options.TimeToLive;
            if (!isOld && _byId.Count + forMore <= options.MaxEntries && _bytes <= options.MaxBytes) return;
            if (entry.Value.Run.Ended.IsCompleted) Drop(entry);
            entry = next;
        }
    }

    private void Drop(LinkedListNode<Entry> entry)
    {
        _byAge.Remove(entry);
        _byId.Remove(entry.Value.Run.Id);
        foreach (var item in entry.Value.Run.ItemIds)
            if (_byItem.GetValueOrDefault((entry.Value.Run.Owner, item)) == entry.Value.Run) _byItem.Remove((entry.Value.Run.Owner, item));
        _bytes -= entry.Value.Bytes;
    }

    private sealed class Entry(ResponseRun run, long since)
    {
        public ResponseRun Run => run;

        public long Since => since;

        public long Bytes { get; set; }
    }
}
