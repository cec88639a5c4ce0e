using System.Globalization;
using Furiosa.Actors.Usage;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Limits;

/// <summary>All limits together: refuses what goes beyond them and gives each request its turn. Thread-safe; limits can be replaced.</summary>
internal sealed class Limiter
{
    private const string Everybody = "this server";
    private readonly FairQueue _queue;
    private readonly TimeProvider _clock;
    private readonly KeyRing _keys;
    private readonly UsageLedger _usage;
    private readonly RateLimits _rates;
    private readonly WaitForecast _forecast;
    private readonly ComeBack _comeBack;
    private volatile LimitOptions _options;

    /// <param name="options">The limits.</param>
    /// <param name="keys">The keys whose own limits count for what they use at other gateways.</param>
    /// <param name="usage">What is used here, and what is heard of others.</param>
    /// <param name="queue">Where requests wait for their turns.</param>
    /// <param name="clock">What rates are measured by.</param>
    public Limiter(LimitOptions options, KeyRing keys, UsageLedger usage, FairQueue queue, TimeProvider clock)
    {
        (_options, _keys, _usage, _queue, _clock) = (options, keys, usage, queue, clock);
        (_rates, _forecast, _comeBack) = (new RateLimits(clock), new WaitForecast(clock), new ComeBack(clock));
        usage.Heard += ChargeElsewhere;
        usage.Spending = Spending;
        usage.SpendingHeard += ChargeEarlier;
    }

    public LimitOptions Options => _options;

    /// <summary>Prompt tokens that wait.</summary>
    public long QueuedTokens => _queue.QueuedTokens;

    /// <summary>Requests that are held back before the runtime.</summary>
    public int HeldBack => _queue.Waiting.Count;

    /// <summary>The wait that a request would have now.</summary>
    public TimeSpan PredictedWait => _forecast.Of(_queue.Pending);

    public void Replace(LimitOptions limits) => _options = limits;

    /// <summary>Admits a request when its turn comes.</summary>
    /// <param name="key">The key shown; null where none is asked for.</param>
    /// <param name="job">What it asks for.</param>
    /// <param name="headers">Of its answer.</param>
    /// <param name="cancellation">Its client has gone or its time is over.</param>
    /// <exception cref="ApiException">429 for a limit of the key's, 503 for a bound of the _queue.</exception>
    public Task<AdmittedRequest> AdmitAsync(ClientKey? key, GenerationJob job, IHeaderDictionary headers, CancellationToken cancellation) =>
        AdmitAsync(key, job.Prompts.Sum(prompt => prompt.Ids.Length), job.Settings.Priority, headers, cancellation);

    /// <summary>The same for so many prompt tokens.</summary>
    public async Task<AdmittedRequest> AdmitAsync(ClientKey? key, int tokens, int priority, IHeaderDictionary headers, CancellationToken cancellation)
    {
        var now = _options;
        CheckQueue(now, tokens);
        var (name, limits) = (key?.Name ?? Everybody, LimitsOf(now, key));
        _rates.Begin(name, limits, tokens, _usage.RunningElsewhere(name), headers);
        _usage.Add(name, requests: 1, promptTokens: tokens, running: 1);
        var began = _clock.GetTimestamp();
        try
        {
            var entry = await _queue.EnterAsync(name, key?.Weight ?? 1, priority, tokens, cancellation);
            return new AdmittedRequest(this, name, limits, entry, began);
        }
        catch (QueueFullException full)
        {
            Withdraw(name, limits, tokens);
            throw Overloaded($"{full.Waiting} requests are waiting already, which is the limit", _forecast.Each);
        }
        catch
        {
            Withdraw(name, limits, tokens);
            throw;
        }
    }

    /// <summary>Other gateways that are heard.</summary>
    public int Others => _usage.Others;

    /// <summary>Each key with its limits and what is left of them; where none are asked for, everybody together.</summary>
    public IEnumerable<(string Name, double Weight, KeyLimits Limits, KeyState State, int RunningElsewhere)> Keys()
    {
        var keys = _keys.IsOpen ? [(Everybody, (ClientKey?)null)] : _keys.All.Select(key => (key.Name, (ClientKey?)key));
        foreach (var (name, key) in keys)
        {
            var limits = LimitsOf(_options, key);
            yield return (name, key?.Weight ?? 1, limits, _rates.StateOf(name, limits), _usage.RunningElsewhere(name));
        }
    }

    internal void Started(FairQueue.Entry entry)
    {
        entry.Started();
        _forecast.NoteStart(_queue.Pending > 0);
    }

    internal void Ended(AdmittedRequest request, int generatedTokens)
    {
        _rates.AddTokens(request.Key, request.Limits, generatedTokens);
        _usage.Add(request.Key, generatedTokens: generatedTokens, running: -1);
        _rates.End(request.Key, _clock.GetElapsedTime(request.Began));
    }

    private void Withdraw(string key, KeyLimits limits, int tokens)
    {
        _rates.Withdraw(key, limits, tokens);
        _usage.Add(key, requests: -1, promptTokens: -tokens, running: -1);
    }

    /// <summary>What each key has spent and not got back by time.</summary>
    private IEnumerable<AccountSpending> Spending() =>
        from key in Keys()
        let requests = (long)(1000 * ((key.Limits.RequestsPerMinute ?? 0) - (key.State.Requests ?? 0)))
        let tokens = (long)((key.Limits.TokensPerMinute ?? 0) - (key.State.Tokens ?? 0))
        where requests > 0 || tokens > 0
        select new AccountSpending(key.Name, requests, tokens);

    private void ChargeEarlier(AccountSpending spent)
    {
        if (IsKnown(spent.Account, out var key)) _rates.Lower(spent.Account, LimitsOf(_options, key), spent.ThousandthsOfRequests / 1000.0, spent.Tokens);
    }

    // Of keys that are not known here nothing is kept: whoever tells of them has other settings.
    private bool IsKnown(string account, out ClientKey? key) => (key = _keys.All.FirstOrDefault(one => one.Name == account)) is not null || (_keys.IsOpen && account == Everybody);

    /// <summary>What was used at another gateway counts as if it had been used here, against the limits in force here.</summary>
    private void ChargeElsewhere(ForeignUse use)
    {
        if (!IsKnown(use.Account, out var key)) return;
        _rates.AddForeign(use.Account, LimitsOf(_options, key), use.Requests, use.PromptTokens + use.GeneratedTokens);
        _queue.NoteElsewhere(use.Account, key?.Weight ?? 1, use.PromptTokens);
    }

    private void CheckQueue(LimitOptions limits, int tokens)
    {
        var (queued, wait) = (_queue.QueuedTokens, PredictedWait);
        // One that nothing waits before never waits itself, however long it is.
        if (limits.MaxQueuedTokens is { } most && queued > 0 && queued + tokens > most)
            throw Overloaded($"{queued} prompt tokens are waiting already, and {tokens} more would exceed the limit of {most}", wait);
        if (limits.MaxPredictedWait is { } longest && wait > longest)
            throw Overloaded(string.Create(CultureInfo.InvariantCulture, $"A request would wait about {wait.TotalSeconds:F1} s, which is longer than the {longest.TotalSeconds:F1} s allowed"), wait - longest);
    }

    private ApiException Overloaded(string message, TimeSpan wait)
    {
        var comeBack = TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(_comeBack.Next(wait, _forecast.Each).TotalMilliseconds), 1000, 3_600_000));
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
    private bool _ended;

    public string Key => key;

    public KeyLimits Limits => limits;

    public long Began => began;

    public void Started()
    {
        if (_started) return;
        _started = true;
        limiter.Started(entry);
    }

    /// <summary>Gives its turn back; only the first time counts.</summary>
    public void End(int generatedTokens)
    {
        if (_ended) return;
        _ended = true;
        entry.Dispose();
        limiter.Ended(this, generatedTokens);
    }
}
