using Furiosa.Device.Sampling;

namespace Furiosa.Device.Execution;

/// <summary>What to do with the logits of one row at the last stage. The answer stands at the same index of <see cref="StepResult.Answers"/>.</summary>
/// <param name="Row">Row of the flat batch whose logits are read.</param>
public abstract record SampleRequest(int Row)
{
    /// <summary>The grammar that the sequence follows; null for none. Scoring does not look at it.</summary>
    public TokenConstraint? Constraint { get; init; }
}

/// <summary>
/// Holds a sequence to a grammar: only tokens are chosen that keep its text a beginning of some text of the grammar, and end tokens
/// only where the text is whole. The state is kept at the last stage, and rebuilt from the ids where it is not.
/// </summary>
/// <param name="Grammar">Index in <see cref="StepBatch.Grammars"/>.</param>
/// <param name="SequenceId">Names the sequence, so that its state is found again.</param>
/// <param name="GeneratedIds">All ids generated so far.</param>
/// <param name="EndIds">Tokens that end the sequence.</param>
public sealed record TokenConstraint(int Grammar, long SequenceId, ReadOnlyMemory<int> GeneratedIds, ReadOnlyMemory<int> EndIds);

/// <summary>Draws (or, at temperature 0, picks) the next token.</summary>
/// <param name="Row">Row of the flat batch.</param>
/// <param name="Options">Temperature, truncation, penalties and the seed.</param>
/// <param name="Choice">Index of the sample within its own prompt: the second key of the random counter.</param>
/// <param name="Position">Absolute position of the token to be drawn: the third key of the random counter.</param>
/// <param name="PromptIds">The prompt, which penalties see; empty when no penalty is set.</param>
/// <param name="GeneratedIds">Ids generated so far, which penalties see; empty when no penalty is set.</param>
/// <param name="BannedIds">Ids that may not be drawn (end tokens before <c>min_tokens</c>).</param>
public sealed record DrawToken(
    int Row, SamplingOptions Options, int Choice, int Position,
    ReadOnlyMemory<int> PromptIds, ReadOnlyMemory<int> GeneratedIds, ReadOnlyMemory<int> BannedIds) : SampleRequest(Row);

/// <summary>Scores a given token (log-probabilities of a prompt) without drawing.</summary>
/// <param name="Row">Row of the flat batch.</param>
/// <param name="TokenId">The token whose log-probability is wanted.</param>
/// <param name="TopCount">How many of the best alternatives to return; 0 for none.</param>
public sealed record ScoreToken(int Row, int TokenId, int TopCount) : SampleRequest(Row);

/// <summary>
/// Adds up the model's final hidden states (after the last norm) of consecutive rows, element by element in ascending rows, to what
/// earlier steps came to. So the sum is the same however a prompt is cut into steps.
/// </summary>
/// <param name="Row">First row of the flat batch.</param>
/// <param name="Count">Number of rows, of one slice.</param>
/// <param name="Sum">What earlier rows came to; null at the first.</param>
public sealed record PoolRows(int Row, int Count, double[]? Sum) : SampleRequest(Row);

/// <summary>Returns the best continuations of a beam by log-softmax, to which bias, penalties and masks are then applied; ties to the lower id.</summary>
/// <param name="Row">Row of the flat batch.</param>
/// <param name="Count">How many candidates: twice the beam width, in Hugging Face's way.</param>
/// <param name="Options">Penalties and bias; temperature is ignored.</param>
/// <param name="PromptIds">The prompt, which penalties see.</param>
/// <param name="GeneratedIds">Ids generated so far, which penalties see.</param>
/// <param name="BannedIds">Ids that may not be chosen.</param>
/// <param name="TopCount">How many alternatives to report: the answer's list has this many entries when that is more than <paramref name="Count"/>.</param>
public sealed record RankCandidates(
    int Row, int Count, SamplingOptions Options,
    ReadOnlyMemory<int> PromptIds, ReadOnlyMemory<int> GeneratedIds, ReadOnlyMemory<int> BannedIds, int TopCount) : SampleRequest(Row);
