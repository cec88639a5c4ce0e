namespace Furiosa.Gateway.Limits;

/// <summary>What one key may use; null is no limit.</summary>
/// <param name="RequestsPerMinute">Requests begun in a minute.</param>
/// <param name="TokensPerMinute">Prompt and generated tokens in a minute.</param>
/// <param name="Concurrent">Requests at once.</param>
internal sealed record KeyLimits(int? RequestsPerMinute, int? TokensPerMinute, int? Concurrent);

/// <summary>What bounds the use of the server.</summary>
internal sealed record LimitOptions
{
    /// <summary>For each key that has no limits of its own, and for everybody together where no keys are asked for.</summary>
    public KeyLimits PerKey { get; init; } = new(null, null, null);

    /// <summary>Most prompt tokens that wait; null is no limit.</summary>
    public int? MaxQueuedTokens { get; init; }

    /// <summary>Longest wait that is foreseen for a request and still accepted.</summary>
    public TimeSpan? MaxPredictedWait { get; init; }

    /// <summary>Longest time of a request, its wait included.</summary>
    public TimeSpan? RequestTimeout { get; init; }
}
