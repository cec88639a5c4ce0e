namespace Furiosa.Device.Sampling;

/// <summary>How a token is drawn from a row of logits.</summary>
public sealed record SamplingOptions
{
    /// <summary>Below 1e-5 is greedy.</summary>
    public float Temperature { get; init; } = 1;

    /// <summary>Nucleus mass in (0, 1]; 1 is off.</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Most candidates; -1 is off.</summary>
    public int TopK { get; init; } = -1;

    /// <summary>Fewest probability relative to the best, in [0, 1]; 0 is off.</summary>
    public float MinP { get; init; }

    /// <summary>Above 0; 1 is off.</summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Subtracted once from tokens of the output.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Subtracted per occurrence in the output.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Added to logits by token id; null for none.</summary>
    public IReadOnlyDictionary<int, float>? LogitBias { get; init; }

    /// <summary>The only ids that may be chosen; null for any.</summary>
    public int[]? AllowedIds { get; init; }

    /// <summary>Byte strings that the output's text must not hold, however it is cut into tokens; none is empty.</summary>
    public IReadOnlyList<byte[]> BadWords { get; init; } = [];

    /// <summary>First key of the random counter.</summary>
    public long Seed { get; init; }

    /// <summary>Null for no log-probability, 0 for the token's own, else how many alternatives too.</summary>
    public int? TopLogprobs { get; init; }
}
