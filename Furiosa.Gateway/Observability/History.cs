namespace Furiosa.Gateway.Observability;

/// <summary>One second of the server's past.</summary>
/// <param name="Time">Its end.</param>
/// <param name="PromptTokens">Prompt tokens of requests that began in it.</param>
/// <param name="GenerationTokens">Tokens generated in it.</param>
/// <param name="Requests">Requests that ended in it.</param>
/// <param name="Running">Requests in batches at its end.</param>
/// <param name="Waiting">Requests in queues at its end.</param>
/// <param name="KvUsage">Part of the KV caches in use at its end.</param>
/// <param name="FirstToken">Median and 99th percentile of the time to the first token of late, in seconds; null for none.</param>
/// <param name="InterToken">The same of the time between tokens.</param>
internal sealed record HistoryPoint(
    DateTimeOffset Time, double PromptTokens, double GenerationTokens, double Requests, int Running, int Waiting, double KvUsage,
    double[]? FirstToken, double[]? InterToken);

/// <summary>The last minutes, second by second. Thread-safe.</summary>
internal sealed class History
{
    private const int Kept = 600;
    private readonly Lock _lock = new();
    private readonly Queue<HistoryPoint> _points = new();

    public void Add(HistoryPoint point)
    {
        lock (_lock)
        {
            _points.Enqueue(point);
            if (_points.Count > Kept) _points.Dequeue();
        }
    }

    /// <summary>The last points, oldest first.</summary>
    public IReadOnlyList<HistoryPoint> Last(int most)
    {
        lock (_lock) return [.. _points.TakeLast(most)];
    }
}
