namespace Furiosa.Gateway.Observability;

/// <summary>
/// One prompt of a request on its way: when it was started, when tokens came, how it ended. Written by the request's own task, read by
/// any; times are timestamps of the clock.
/// </summary>
internal sealed class PromptRecord(string runtimeId, int promptTokens, int choices)
{
    private readonly long[] _lastToken = new long[choices];
    private readonly int[] _tokens = new int[choices];

    /// <summary>The runtime's name for it.</summary>
    public string RuntimeId => runtimeId;

    public int PromptTokens => promptTokens;

    public int CachedTokens { get; private set; }

    /// <summary>The replica that works on it; null while it waits.</summary>
    public int? Replica { get; private set; }

    public long? StartedAt { get; private set; }

    public long? FirstTokenAt { get; private set; }

    public long? LastTokenAt { get; private set; }

    public long? EndedAt { get; private set; }

    /// <summary><c>stop</c>, <c>length</c>, <c>abort</c> or <c>error</c>; null while it runs.</summary>
    public string? FinishReason { get; private set; }

    /// <summary>Tokens of all its choices.</summary>
    public int GeneratedTokens { get; private set; }

    /// <summary>Tokens of its longest choice.</summary>
    public int LongestChoice => _tokens.Max();

    public bool HasEnded => EndedAt is not null;

    public void Start(long now, int replica, int cachedTokens) => (StartedAt, Replica, CachedTokens) = (now, replica, cachedTokens);

    /// <summary>Notes tokens of a choice that came together.</summary>
    /// <returns>When the choice's last token came before these; null for its first.</returns>
    public long? Add(int choice, int count, long now)
    {
        long? before = _tokens[choice] == 0 ? null : _lastToken[choice];
        _tokens[choice] += count;
        _lastToken[choice] = now;
        GeneratedTokens += count;
        FirstTokenAt ??= now;
        LastTokenAt = now;
        return before;
    }

    public void End(long now, string reason) => (EndedAt, FinishReason) = (now, reason);
}
