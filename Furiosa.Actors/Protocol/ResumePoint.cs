using System.Collections.Immutable;

namespace Furiosa.Actors.Protocol;

/// <summary>
/// How far a request had come when it was moved: enough to go on at the next token with the same bytes. A beam search begins anew,
/// since nothing of it is shown before its end.
/// </summary>
/// <param name="Choices">One for each choice, in order; empty when no token was made yet.</param>
/// <param name="PromptScored">Whether the prompt's log-probabilities are known already.</param>
/// <param name="Deaths">How often its group died, perhaps by its doing, without a new token in between.</param>
/// <param name="IsSuspect">Whether it may be what kills groups: then it is computed alone until its next token.</param>
public sealed record ResumePoint(ImmutableArray<ResumedChoice> Choices, bool PromptScored, int Deaths, bool IsSuspect);

/// <summary>How far one choice had come.</summary>
/// <param name="Tokens">The tokens made so far.</param>
/// <param name="Ended">Whether it has ended.</param>
public readonly record struct ResumedChoice(ImmutableArray<int> Tokens, bool Ended);
