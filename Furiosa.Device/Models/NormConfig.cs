namespace Furiosa.Device.Models;

/// <summary>The kind of a model's norms and where they stand in a layer.</summary>
public sealed record NormConfig
{
    /// <summary>Whether the mean is taken off first (LayerNorm) or not (RMSNorm).</summary>
    public bool Centred { get; init; }

    /// <summary>Whether the stored weight w means w + 1 (Gemma).</summary>
    public bool PlusOne { get; init; }

    /// <summary>Whether norms have weights.</summary>
    public bool HasWeight { get; init; } = true;

    /// <summary>Whether norms have biases.</summary>
    public bool HasBias { get; init; }

    /// <summary>Whether embeddings are normed before the first layer (BLOOM).</summary>
    public bool AfterEmbedding { get; init; }

    /// <summary>Whether attention's input is normed.</summary>
    public bool BeforeAttention { get; init; } = true;

    /// <summary>Whether attention's output is normed before it is added to the residual stream.</summary>
    public bool AfterAttention { get; init; }

    /// <summary>
    /// Whether the feed-forward block's input is normed. A block beside attention (<see cref="ModelConfig.ParallelResidual"/>) reads
    /// attention's normed input where it has no norm of its own.
    /// </summary>
    public bool BeforeMlp { get; init; } = true;

    /// <summary>Whether the feed-forward block's output is normed before it is added to the residual stream.</summary>
    public bool AfterMlp { get; init; }
}

/// <summary>Whether and over what queries and keys are normed before rotation, with the model's kind of norm.</summary>
public enum QkNorm
{
    /// <summary>They are not.</summary>
    None,

    /// <summary>Over each head, one weight for all heads.</summary>
    Head,

    /// <summary>Over each head, every head with weights of its own.</summary>
    OwnHead,

    /// <summary>Over each head, without weights, in the layers that rotate.</summary>
    Unit,

    /// <summary>Over all heads of the queries, and all of the keys, together; RMSNorm only.</summary>
    Width,
}
