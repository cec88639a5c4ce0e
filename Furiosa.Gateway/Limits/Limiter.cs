using System.Globalization;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Limits;

/// <summary>All limits together: refuses what goes beyond them and gives each request its turn. Thread-safe; limits can be replaced.</summary>
internal sealed class Limiter(LimitOptions options, FairQueue queue, TimeProvider clock)
{
    private const string Everybody = "this server";
    private readonly RateLimits _rates = new(clock);
    private readonly WaitForecast _forecast = new(clock);
    private volatile LimitOptions _options = options;

    public LimitOptions Options => _options;

    /// <summary>Prompt tokens that wait.</summary>
    public long QueuedTokens => queue.QueuedTokens;

    /// <summary>Requests that are held back before the runtime.</summary>
    public int HeldBack => queue.Waiting.Count;

    /// <summary>The wait that a request would have now.</summary>
    public TimeSpan PredictedWait => _forecast.Of(queue.Waiting.Count);

    public void Replace(LimitOptions limits) => _options = limits;

    /// <summary>Admits a request when its turn comes.</summary>
    /// <param name="key">The key shown; null where none is asked for.</param>
    /// <param name="job">What it asks for.</param>
    /// <param name="headers">Of its answer.</param>
    /// <param name="cancellation">Its client has gone or its time is over.</param>
    /// <exception cref="ApiException">429 for a limit of the key's, 503 for a bound of the queue.</exception>
    public async Task<AdmittedRequest> AdmitAsync(ClientKey? key, GenerationJob job, IHeaderDictionary headers, CancellationToken cancellation)
    {
        var now = _options;
        var tokens = job.Prompts.Sum(prompt => prompt.Ids.Length);
        CheckQueue(now, tokens);
        var (name, limits) = (key?.Name ?? Everybody, LimitsOf(now, key));
        _rates.Begin(name, limits, tokens, headers);
        var began = clock.GetTimestamp();
        try
        {
            var entry = await queue.EnterAsync(name, key?.Weight ?? 1, job.Settings.Priority, tokens, cancellation);
            return new AdmittedRequest(this, name, limits, entry, began);
        }
        catch (QueueFullException full)
        {
            _rates.Withdraw(name, limits, tokens);
            throw Overloaded($"{full.Waiting} requests are waiting already, which is the limit", PredictedWait);
        }
        catch
        {
            _rates.Withdraw(name, limits, tokens);
            throw;
        }
    }

    /// <summary>Charges what other gateways served.</summary>
    public void AddForeign(string key, ClientKey? known, int requests, int tokens) => _rates.AddForeign(key, LimitsOf(_options, known), requests, tokens);

    internal void Started(FairQueue.Entry entry)
    {
        entry.Started();
        _forecast.NoteStart(queue.Waiting.Count > 0);
    }

    internal void Ended(AdmittedRequest request, int generatedTokens)
    {
        _rates.AddTokens(request.Key, request.Limits, generatedTokens);
        _rates.End(request.Key, clock.GetElapsedTime(request.Began));
    }

    private void CheckQueue(LimitOptions limits, int tokens)
    {
        var (queued, wait) = (queue.QueuedTokens, PredictedWait);
        // One that nothing waits before never waits itself, however long it is.
        if (limits.MaxQueuedTokens is { } most && queued > 0 && queued + tokens > most)
            throw Overloaded($"{queued} prompt tokens are waiting already, and {tokens} more would exceed the limit of {most}", wait);
        if (limits.MaxPredictedWait is { } longest && wait > longest)
            throw Overloaded(string.Create(CultureInfo.InvariantCulture, $"A request would wait about {wait.TotalSeconds:F1} s, which is longer than the {longest.TotalSeconds:F1} s allowed"), wait - longest);
    }

    private static ApiException Overloaded(string message, TimeSpan wait)
    {
        var comeBack = TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 1000, 3_600_000));
        return new(ApiError.Unavailable($"{message}; try again later.", "overloaded") with { RetryAfter = comeBack });
    }

    private static KeyLimits LimitsOf(LimitOptions options, ClientKey? key) => new(
        key?.Own.RequestsPerMinute ?? options.PerKey.RequestsPerMinute,
        key?.Own.TokensPerMinute ?? options.PerKey.TokensPerMinute,
        key?.Own.Concurrent ?? options.PerKey.Concurrent);
}

/// <summary>A request that was let in. Told when the runtime begins with it and, once, when it has ended.</summary>
internal sealed class AdmittedRequest(Limiter limiter, string key, KeyLimits limits, FairQueue.Entry entry, long began)
{
    private bool _started;

    public string Key => key;

    public KeyLimits Limits => limits;

    public long Began => began;

    public void Started()
    {
        if (_started) return;
        _started = true;
        limiter.Started(entry);
    }

    public void End(int generatedTokens)
    {
        entry.Dispose();
        limiter.Ended(this, generatedTokens);
    }
}
