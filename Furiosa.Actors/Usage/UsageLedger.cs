using System.Collections.Immutable;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Usage;

/// <summary>
/// What the accounts of this gateway's clients have used, and what other gateways say that they have used there. Totals only grow, so
/// that they can be told again and again: what was heard twice counts once. Thread-safe; outlives the runtime.
/// </summary>
public sealed class UsageLedger(TimeProvider clock)
{
    /// <summary>What a gateway counted before that long ago concerns no budget any more.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    /// <summary>An account is told for so long after it was used last, in case a message was lost.</summary>
    private static readonly TimeSpan Told = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly long _began = clock.GetTimestamp();
    private readonly Dictionary<string, Own> _own = [];
    private readonly Dictionary<string, Other> _others = [];

    /// <summary>Told of what an account has used at another gateway since that one was last heard.</summary>
    public event Action<ForeignUse>? Heard;

    /// <summary>Told of what an account had spent before this process began, as another gateway knows it.</summary>
    public event Action<AccountSpending>? SpendingHeard;

    /// <summary>What the accounts have spent of late, wherever: asked for when another gateway has just started.</summary>
    public Func<IEnumerable<AccountSpending>> Spending { get; set; } = () => [];

    /// <summary>Whether accounts may have spent what this process, for having begun too late, has not seen and which still counts.</summary>
    internal bool IsNew => clock.GetElapsedTime(_began) < Remembered;

    /// <summary>Whether somebody takes what is heard. Until then nothing is heard at all: others tell, and are asked, again.</summary>
    internal bool IsListenedTo => Heard is not null && SpendingHeard is not null;

    /// <summary>Gateways that are heard besides this one.</summary>
    public int Others
    {
        get { lock (_lock) return _others.Count; }
    }

    /// <summary>Notes what an account uses here; what is given back is negative.</summary>
    /// <param name="account">Its name.</param>
    /// <param name="requests">Requests begun.</param>
    /// <param name="promptTokens">Tokens of prompts.</param>
    /// <param name="generatedTokens">Tokens of answers.</param>
    /// <param name="running">Change of the number of requests under way.</param>
    public void Add(string account, int requests = 0, int promptTokens = 0, int generatedTokens = 0, int running = 0)
    {
        lock (_lock)
        {
            var before = _own.GetValueOrDefault(account);
            var use = before.Use;
            _own[account] = new(
                new(account, use.Requests + requests, use.PromptTokens + promptTokens, use.GeneratedTokens + generatedTokens, use.Running + running), clock.GetTimestamp());
        }
    }

    /// <summary>Requests of an account that are under way at other gateways, as far as is known.</summary>
    public int RunningElsewhere(string account)
    {
        lock (_lock) return _others.Values.Sum(other => other.Accounts.TryGetValue(account, out var use) ? Math.Max(0, use.Running) : 0);
    }

    /// <summary>What the others are to be told now.</summary>
    internal (TimeSpan CountedFor, ImmutableArray<AccountUsage> Accounts) ToTell()
    {
        lock (_lock)
        {
            return (clock.GetElapsedTime(_began), [.. _own.Values.Where(own => own.Use.Running != 0 || clock.GetElapsedTime(own.At) < Told).Select(own => own.Use)]);
        }
    }

    /// <summary>Takes what another gateway tells.</summary>
    /// <param name="gateway">Its address.</param>
    /// <param name="usage">What it tells.</param>
    /// <returns>Whether it has counted for long and now told of an account for the first time: how much of that still counts, only it can tell.</returns>
    internal bool Hear(string gateway, GatewayUsage usage)
    {
        if (Heard is null) return false;
        var leavesOpen = false;
        List<ForeignUse> news = [];
        lock (_lock)
        {
            if (!_others.TryGetValue(gateway, out var other) || other.Incarnation != usage.Incarnation)
                _others[gateway] = other = new Other(usage.Incarnation, ChargesAll: usage.CountedFor < Remembered, []);
            foreach (var use in usage.Accounts)
            {
                var isKnown = other.Accounts.TryGetValue(use.Account, out var before);
                other.Accounts[use.Account] = use;
                // Of a gateway that has served for long the first totals say nothing of the last minute.
                if (!isKnown && !other.ChargesAll)
                {
                    leavesOpen = true;
                    continue;
                }
                var since = new ForeignUse(use.Account, use.Requests - before.Requests, use.PromptTokens - before.PromptTokens, use.GeneratedTokens - before.GeneratedTokens);
                if (since is not { Requests: 0, PromptTokens: 0, GeneratedTokens: 0 }) news.Add(since);
            }
        }
        foreach (var one in news) Heard?.Invoke(one);
        return leavesOpen;
    }

    /// <summary>What is known here of what the accounts have spent.</summary>
    internal IReadOnlyCollection<AccountSpending> SpendingKnown() => [.. Spending()];

    /// <summary>Takes what another gateway knows; each account's budgets fall to it at least, so that hearing it twice changes nothing.</summary>
    internal void HearSpending(IEnumerable<AccountSpending> accounts)
    {
        foreach (var account in accounts) SpendingHeard?.Invoke(account);
    }

    /// <summary>A gateway is heard no more: its requests are under way no longer, what they used was used.</summary>
    internal void Lose(string gateway)
    {
        lock (_lock)
        {
            if (!_others.TryGetValue(gateway, out var other)) return;
            foreach (var (account, use) in other.Accounts) other.Accounts[account] = use with { Running = 0 };
        }
    }

    /// <summary>A gateway is gone for good.</summary>
    internal void Forget(string gateway)
    {
        lock (_lock) _others.Remove(gateway);
    }

    private readonly record struct Own(AccountUsage Use, long At);

    private sealed record Other(long Incarnation, bool ChargesAll, Dictionary<string, AccountUsage> Accounts);
}

/// <summary>What an account has used at another gateway.</summary>
/// <param name="Account">Its name.</param>
/// <param name="Requests">Requests begun.</param>
/// <param name="PromptTokens">Tokens of their prompts.</param>
/// <param name="GeneratedTokens">Tokens of their answers.</param>
public readonly record struct ForeignUse(string Account, long Requests, long PromptTokens, long GeneratedTokens);
