namespace Furiosa.Actors.Gateways;

/// <summary>Requests that wait because no replica takes any now, in arrival order.</summary>
internal sealed class WaitingRoom(TimeSpan longest)
{
    private readonly SortedDictionary<long, (OpenedRequest Request, long Since)> _waiting = [];

    /// <summary>Whether requests may wait at all.</summary>
    public bool IsOpen => longest > TimeSpan.Zero;

    public void Add(OpenedRequest request) => _waiting[request.Serial] = (request, Environment.TickCount64);

    public void Remove(OpenedRequest request) => _waiting.Remove(request.Serial);

    /// <summary>Takes all of them out.</summary>
    public List<OpenedRequest> TakeAll()
    {
        List<OpenedRequest> all = [.. _waiting.Values.Select(entry => entry.Request)];
        _waiting.Clear();
        return all;
    }

    /// <summary>Takes out those that have waited too long.</summary>
    public List<OpenedRequest> TakeExpired()
    {
        var now = Environment.TickCount64;
        List<OpenedRequest> expired = [.. _waiting.Values.Where(entry => now - entry.Since > longest.TotalMilliseconds).Select(entry => entry.Request)];
        foreach (var request in expired) _waiting.Remove(request.Serial);
        return expired;
    }
}
