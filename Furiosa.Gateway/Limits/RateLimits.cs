using System.Globalization;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Limits;

/// <summary>Counts what each key uses, refuses what goes beyond its limits, and says when to come back. Thread-safe.</summary>
internal sealed class RateLimits(TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Account> _accounts = [];

    /// <summary>Charges a request's beginning to a key.</summary>
    /// <param name="key">Who asks.</param>
    /// <param name="limits">The key's limits.</param>
    /// <param name="promptTokens">Tokens of its prompts.</param>
    /// <param name="runningElsewhere">Requests of the key that are under way at other gateways.</param>
    /// <param name="headers">Where the state of the limits goes.</param>
    /// <exception cref="ApiException">A limit is reached: 429.</exception>
    public void Begin(string key, KeyLimits limits, int promptTokens, int runningElsewhere, IHeaderDictionary headers)
    {
        lock (_lock)
        {
            var account = Of(key);
            var refusal = account.Refusal(key, limits, promptTokens, runningElsewhere);
            if (refusal is null) account.Begin(limits, promptTokens);
            account.Show(limits, headers);
            if (refusal is not null) throw new ApiException(refusal);
        }
    }

    /// <summary>Charges tokens that were generated.</summary>
    public void AddTokens(string key, KeyLimits limits, double tokens)
    {
        if (limits.TokensPerMinute is not { } perMinute) return;
        lock (_lock) Of(key).Tokens.Take(perMinute, tokens);
    }

    /// <summary>A request of the key has ended.</summary>
    public void End(string key, TimeSpan took)
    {
        lock (_lock) Of(key).End(took);
    }

    /// <summary>A request of the key was not served after all.</summary>
    public void Withdraw(string key, KeyLimits limits, int promptTokens)
    {
        lock (_lock) Of(key).Withdraw(limits, promptTokens);
    }

    /// <summary>Charges requests and tokens that other gateways served since they last told.</summary>
    public void AddForeign(string key, KeyLimits limits, long requests, long tokens)
    {
        lock (_lock)
        {
            var account = Of(key);
            if (limits.RequestsPerMinute is { } requestsPerMinute) account.Requests.Take(requestsPerMinute, requests);
            if (limits.TokensPerMinute is { } tokensPerMinute) account.Tokens.Take(tokensPerMinute, tokens);
        }
    }

    /// <summary>So much was spent before this process began to count.</summary>
    public void Lower(string key, KeyLimits limits, double requests, double tokens)
    {
        lock (_lock)
        {
            var account = Of(key);
            if (limits.RequestsPerMinute is { } requestsPerMinute) account.Requests.Lower(requestsPerMinute, requests);
            if (limits.TokensPerMinute is { } tokensPerMinute) account.Tokens.Lower(tokensPerMinute, tokens);
        }
    }

    /// <summary>What is left to a key, and what it has running here.</summary>
    public KeyState StateOf(string key, KeyLimits limits)
    {
        lock (_lock) return Of(key).State(limits);
    }

    private Account Of(string key)
    {
        if (!_accounts.TryGetValue(key, out var account)) _accounts.Add(key, account = new Account(clock));
        return account;
    }

    private sealed class Account(TimeProvider clock)
    {
        // Those who are refused together come back one after another. Of tokens each needs another number: they are told each for himself.
        private readonly ComeBack _turns = new(clock);
        private readonly ComeBack _places = new(clock);
        private int _running;
        private double _averageSeconds = 1;

        public TokenBucket Requests { get; } = new(clock);

        public TokenBucket Tokens { get; } = new(clock);

        public ApiError? Refusal(string key, KeyLimits limits, int promptTokens, int runningElsewhere)
        {
            var requestWait = limits.RequestsPerMinute is { } requests ? Requests.WaitFor(requests, 1) : TimeSpan.Zero;
            var tokenWait = limits.TokensPerMinute is { } tokens ? Tokens.WaitFor(tokens, promptTokens) : TimeSpan.Zero;
            // The one that takes longer: whoever comes back then must not be refused for the other.
            if (requestWait > TimeSpan.Zero && requestWait >= tokenWait)
            {
                var perMinute = limits.RequestsPerMinute!.Value;
                return Refuse(key, "requests", "requests per minute", perMinute, _turns.Next(requestWait, TimeSpan.FromMinutes(1) / perMinute));
            }
            if (tokenWait > TimeSpan.Zero) return Refuse(key, "tokens", "tokens per minute", limits.TokensPerMinute!.Value, tokenWait);
            // When one of those that run will end is only an average of those that did.
            if (limits.Concurrent is not { } most || _running + runningElsewhere < most) return null;
            var each = TimeSpan.FromSeconds(Math.Clamp(_averageSeconds / most, .1, 60));
            return Refuse(key, "requests", "requests at once", most, _places.Next(each, each));
        }

        public void Begin(KeyLimits limits, int promptTokens)
        {
            _running++;
            if (limits.RequestsPerMinute is { } requests) Requests.Take(requests, 1);
            if (limits.TokensPerMinute is { } tokens) Tokens.Take(tokens, promptTokens);
        }

        public void Withdraw(KeyLimits limits, int promptTokens)
        {
            _running--;
            if (limits.RequestsPerMinute is { } requests) Requests.Take(requests, -1);
            if (limits.TokensPerMinute is { } tokens) Tokens.Take(tokens, -promptTokens);
        }

        public void End(TimeSpan took)
        {
            _running--;
            _averageSeconds += (took.TotalSeconds - _averageSeconds) / 8;
        }

        public KeyState State(KeyLimits limits) => new(
            limits.RequestsPerMinute is { } requests ? Requests.Level(requests) : null, limits.TokensPerMinute is { } tokens ? Tokens.Level(tokens) : null, _running);

        public void Show(KeyLimits limits, IHeaderDictionary headers)
        {
            Show(headers, "requests", limits.RequestsPerMinute, Requests);
            Show(headers, "tokens", limits.TokensPerMinute, Tokens);
        }

        private static void Show(IHeaderDictionary headers, string what, int? perMinute, TokenBucket bucket)
        {
            if (perMinute is not { } limit) return;
            headers[$"x-ratelimit-limit-{what}"] = limit.ToString(CultureInfo.InvariantCulture);
            headers[$"x-ratelimit-remaining-{what}"] = Math.Max(0, Math.Floor(bucket.Level(limit))).ToString(CultureInfo.InvariantCulture);
            headers[$"x-ratelimit-reset-{what}"] = Reset(bucket.WaitFor(limit, limit));
        }

        // As OpenAI writes it: 1m2s, 6s, 120ms.
        private static string Reset(TimeSpan wait) =>
            wait < TimeSpan.FromSeconds(1) ? $"{Math.Ceiling(wait.TotalMilliseconds)}ms" : wait.TotalSeconds < 60 ? $"{Math.Ceiling(wait.TotalSeconds)}s" : $"{(int)wait.TotalMinutes}m{wait.Seconds}s";

        private static ApiError Refuse(string key, string type, string what, int limit, TimeSpan wait) => new(
            StatusCodes.Status429TooManyRequests,
            string.Create(CultureInfo.InvariantCulture, $"Rate limit reached for {key}: {limit} {what}. Please try again in {Math.Max(.001, wait.TotalSeconds):F3} s."),
            type, Code: "rate_limit_exceeded", RetryAfter: TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(wait.TotalMilliseconds))));
    }
}

/// <summary>What is left to a key now: below nothing for what it owes; null where there is no limit.</summary>
/// <param name="Requests">Requests that it may begin.</param>
/// <param name="Tokens">Tokens that it may use.</param>
/// <param name="Running">Requests under way here.</param>
internal sealed record KeyState(double? Requests, double? Tokens, int Running);
