using System.Collections.Immutable;

namespace Furiosa.Actors.Protocol;

/// <summary>
/// What comes back for a request, in order: at most one <see cref="PromptScored"/> and <see cref="PromptPooled"/>, then tokens of its choices, then exactly one
/// terminal event (<see cref="GenerationCompleted"/> or <see cref="GenerationFailed"/>).
/// </summary>
public abstract record GenerationEvent;

/// <summary>The request was admitted and its first step has begun.</summary>
/// <param name="CachedPromptTokens">Prompt tokens that the prefix cache held.</param>
public sealed record GenerationStarted(int CachedPromptTokens) : GenerationEvent
{
    /// <summary>The replica that works on it, as the gateway fills it in.</summary>
    public int Replica { get; init; }
}

/// <summary>Log-probabilities of the prompt's tokens; the first token has none, so entry i is token i + 1's.</summary>
/// <param name="Tokens">One for each prompt token but the first.</param>
public sealed record PromptScored(ImmutableArray<GeneratedToken> Tokens) : GenerationEvent;

/// <summary>The prompt's final hidden states as one vector, not normalised.</summary>
/// <param name="Values">Shape [hidden].</param>
public sealed record PromptPooled(ImmutableArray<float> Values) : GenerationEvent;

/// <summary>New tokens of one choice.</summary>
/// <param name="Choice">Index of the choice within its prompt.</param>
/// <param name="Tokens">The tokens; may be empty when only the finish is news. A stop token that ended the choice is the last one.</param>
/// <param name="Finish">Why the choice ended; null while it goes on.</param>
/// <param name="StopTokenId">The stop token that ended it, if one did (it counts as generated, and is the last of the tokens).</param>
public sealed record TokensGenerated(int Choice, ImmutableArray<GeneratedToken> Tokens, ChoiceFinish? Finish, int? StopTokenId) : GenerationEvent;

/// <summary>Every choice has ended. Terminal.</summary>
public sealed record GenerationCompleted : GenerationEvent
{
    /// <summary>The one instance.</summary>
    public static GenerationCompleted Instance { get; } = new();
}

/// <summary>The request ended without an answer. Terminal.</summary>
/// <param name="Kind">Who failed, and when.</param>
/// <param name="Message">One line for the client.</param>
public sealed record GenerationFailed(FailureKind Kind, string Message) : GenerationEvent;

/// <summary>A replica gives the request back unfinished; its gateway goes on with it elsewhere. Never shown to a reader.</summary>
/// <param name="Reason">Why, in one line.</param>
/// <param name="IsFault">Whether the replica failed, for which a request may be the reason.</param>
internal sealed record GenerationInterrupted(string Reason, bool IsFault) : GenerationEvent;

/// <summary>The group died while it computed for this request, which is tried again. Never shown to a reader.</summary>
/// <param name="Deaths">How often that happened since its last token, and may be its doing.</param>
/// <param name="IsSuspect">Whether it is computed alone until its next token.</param>
internal sealed record GroupDiedUnder(int Deaths, bool IsSuspect) : GenerationEvent;

/// <summary>
/// From now on the replica computes this request and nothing else, until there is a token of it: should the replica's process die meanwhile,
/// it is known under which request. Told before the step begins. Never shown to a reader.
/// </summary>
internal sealed record ComputedAlone : GenerationEvent
{
    /// <summary>The one instance.</summary>
    public static ComputedAlone Instance { get; } = new();
}

/// <summary>The request is further than when its group last died, though nothing of it is to be shown yet. Never shown to a reader.</summary>
internal sealed record ProgressMade : GenerationEvent
{
    /// <summary>The one instance.</summary>
    public static ProgressMade Instance { get; } = new();
}

/// <summary>One token with what was asked about it.</summary>
/// <param name="Id">Token id.</param>
/// <param name="Logprob">Its log-probability in nats; NaN when none were asked for.</param>
/// <param name="Top">The best alternatives, best first; default when none were asked for.</param>
public readonly record struct GeneratedToken(int Id, float Logprob, ImmutableArray<TokenAlternative> Top)
{
    /// <summary>For a prompt's token: how many tokens are at least as likely, itself included; else 0.</summary>
    public int Rank { get; init; }
}

/// <summary>An alternative token.</summary>
/// <param name="Id">Token id.</param>
/// <param name="Logprob">Log-probability in nats.</param>
public readonly record struct TokenAlternative(int Id, float Logprob);

/// <summary>Why a choice ended.</summary>
public enum ChoiceFinish
{
    /// <summary>A stop token, or the gateway found a stop string.</summary>
    Stop,

    /// <summary><c>MaxTokens</c> were generated.</summary>
    Length,
}

/// <summary>Why a request ended without an answer.</summary>
public enum FailureKind
{
    /// <summary>No room in the queue now; the client may retry.</summary>
    Overloaded,

    /// <summary>The server is starting or draining; the client may retry elsewhere.</summary>
    Unavailable,

    /// <summary>The request can never be served (it needs more KV blocks than there are).</summary>
    TooLarge,

    /// <summary>The reader was too slow for a bounded buffer.</summary>
    SlowReader,

    /// <summary>A PE failed, and the request could not be moved.</summary>
    ComputeFault,

    /// <summary>The client went away or the gateway aborted it.</summary>
    Aborted,
}
