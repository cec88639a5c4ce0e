using System.Collections.Immutable;

namespace Furiosa.Actors.Archive;

/// <summary>Records by name, for a limited time and within a limited number of bytes: the oldest make room.</summary>
/// <param name="window">How long a record is kept.</param>
/// <param name="mostBytes">Bytes of all records together.</param>
/// <param name="clock">Tells the time.</param>
internal sealed class RecordShelf(TimeSpan window, long mostBytes, TimeProvider clock)
{
    /// <summary>Bytes that a node gives to all records.</summary>
    public const long MostBytesOfANode = 64L * 1024 * 1024;

    private readonly Dictionary<string, ImmutableArray<byte>> _records = [];
    private readonly Queue<(string Id, long Since)> _byAge = new();
    private long _bytes;

    /// <summary>Names of the records that are kept.</summary>
    public IReadOnlyCollection<string> Ids
    {
        get
        {
            Tidy();
            return _records.Keys;
        }
    }

    /// <summary>Whether a record is there.</summary>
    public bool Has(string id) => _records.ContainsKey(id);

    /// <summary>Records that are kept.</summary>
    public int Count => _records.Count;

    public void Keep(string id, ImmutableArray<byte> record)
    {
        Tidy();
        if (record.Length > mostBytes || !_records.TryAdd(id, record)) return;
        _byAge.Enqueue((id, clock.GetTimestamp()));
        _bytes += record.Length;
        while (_bytes > mostBytes) RemoveOldest();
    }

    /// <summary>The record; empty when it is not there.</summary>
    public ImmutableArray<byte> Find(string id)
    {
        Tidy();
        return _records.GetValueOrDefault(id, []);
    }

    private void Tidy()
    {
        while (_byAge.TryPeek(out var oldest) && clock.GetElapsedTime(oldest.Since) > window) RemoveOldest();
    }

    private void RemoveOldest()
    {
        _records.Remove(_byAge.Dequeue().Id, out var record);
        _bytes -= record.Length;
    }
}
