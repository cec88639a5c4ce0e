using System.Collections.Immutable;

namespace Furiosa.Actors.Protocol;

/// <summary>What a gateway asks a replica to generate: everything that decides the bytes of the answer.</summary>
public sealed record GenerationRequest
{
    /// <summary>Unique name, chosen by the gateway.</summary>
    public required string RequestId { get; init; }

    /// <summary>The prompt, not empty.</summary>
    public required ImmutableArray<int> PromptIds { get; init; }

    /// <summary>How many choices to sample from the one prompt (<c>n</c>, or <c>best_of</c> without beams), or to return of a beam search.</summary>
    public int ChoiceCount { get; init; } = 1;

    /// <summary>
    /// Number of the first choice, with which its events count on; it keys the random counter. 0 unless the same prompt came before in one list: so
    /// equal prompts are draws of their own, and any other gives the same alone or in a list.
    /// </summary>
    public int FirstChoice { get; init; }

    /// <summary>Temperature, truncation, penalties, seed.</summary>
    public required SamplingParameters Sampling { get; init; }

    /// <summary>Beam search instead of sampling; null for sampling.</summary>
    public BeamParameters? Beams { get; init; }

    /// <summary>Most tokens of each choice, at least 1; prompt and output together fit the model's limit. 0 only scores the prompt.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Fewest tokens before a stop token may be drawn.</summary>
    public int MinTokens { get; init; }

    /// <summary>Tokens that end a choice (the model's end tokens unless <c>ignore_eos</c>, and the request's <c>stop_token_ids</c>).</summary>
    public ImmutableArray<int> StopTokenIds { get; init; } = [];

    /// <summary>
    /// What the text of every choice must follow; null for anything. A choice then ends by a stop token only where its text is whole:
    /// give at least one.
    /// </summary>
    public GenerationGrammar? Grammar { get; init; }

    /// <summary>How many alternatives with each token's log-probability: null for no log-probabilities, 0 for the token's own only.</summary>
    public int? TopLogprobs { get; init; }

    /// <summary>The trace that its steps belong to, as a W3C traceparent; null where it is not traced. Decides nothing of the answer.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The same for the prompt's tokens; null for none. Positions asked for skip the prefix cache.</summary>
    public int? PromptTopLogprobs { get; init; }

    /// <summary>
    /// The prompt's final hidden states as one vector instead of an answer; null for none. Goes with <see cref="MaxTokens"/> 0. With
    /// <see cref="PromptPooling.Mean"/> every position is computed anew, whatever the prefix cache holds.
    /// </summary>
    public PromptPooling? Pooling { get; init; }

    /// <summary>How far it had come elsewhere; null for a request that begins.</summary>
    public ResumePoint? Resume { get; init; }
}

/// <summary>How the final hidden states of a prompt become one vector.</summary>
public enum PromptPooling
{
    /// <summary>Their mean, added up in ascending positions.</summary>
    Mean,

    /// <summary>The last token's.</summary>
    Last,
}

/// <summary>How tokens are drawn; the fields and ranges are those of the OpenAI-compatible API.</summary>
public sealed record SamplingParameters
{
    /// <summary>0 is greedy.</summary>
    public float Temperature { get; init; } = 1;

    /// <summary>Nucleus mass in (0, 1]; 1 is off.</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Most candidates; -1 is off.</summary>
    public int TopK { get; init; } = -1;

    /// <summary>Fewest probability relative to the best, in [0, 1]; 0 is off.</summary>
    public float MinP { get; init; }

    /// <summary>Multiplicative penalty on tokens of prompt and output, above 0; 1 is off.</summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Subtracted once from tokens of the output; 0 is off.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Subtracted per occurrence in the output; 0 is off.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Added to logits by token id; null for none.</summary>
    public ImmutableSortedDictionary<int, float>? LogitBias { get; init; }

    /// <summary>The only tokens that may be drawn; null for any.</summary>
    public ImmutableArray<int>? AllowedTokenIds { get; init; }

    /// <summary>Byte strings that the text of no choice may hold, however it is cut into tokens; none is empty.</summary>
    public ImmutableArray<ImmutableArray<byte>> BadWords { get; init; } = [];

    /// <summary>Key of the random counter. The gateway draws one when the request has none.</summary>
    public required long Seed { get; init; }
}

/// <summary>Beam search as in Hugging Face's <c>generate</c>.</summary>
/// <param name="Width">Number of beams.</param>
/// <param name="LengthPenalty">Exponent of the generated length that divides a finished hypothesis' score.</param>
/// <param name="EarlyStopping">When the search may end before every beam is finished.</param>
public sealed record BeamParameters(int Width, float LengthPenalty, EarlyStopping EarlyStopping);

/// <summary>The three values of <c>early_stopping</c>.</summary>
public enum EarlyStopping
{
    /// <summary>false: stop when a better hypothesis is unlikely (a heuristic).</summary>
    Heuristic,

    /// <summary>true: stop at as many finished hypotheses as beams.</summary>
    AtWidth,

    /// <summary>"never": stop only when no better hypothesis is possible.</summary>
    Never,
}
