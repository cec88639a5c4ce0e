using Furiosa.Device.Grammar;
using Furiosa.Device.Sampling;

namespace Furiosa.Device.Execution;

/// <summary>What to do with one row of a step. The answer stands at the same index of <see cref="StepResult.Answers"/>.</summary>
/// <param name="row">Row of the flat batch whose logits are read; for <see cref="PoolRows"/> the first row.</param>
/// <param name="request">What is asked. A sequence asks the same step after step, by the same object.</param>
/// <param name="generatedIds">
/// Begins with the sequence's ids generated so far, which are not written over, and the guesses of ids that follow, which are once the step has
/// come back; null where nobody looks at them.
/// </param>
/// <param name="generatedCount">How many there are.</param>
public readonly struct RowSample(int row, SampleRequest request, int[]? generatedIds = null, int generatedCount = 0)
{
    /// <summary>Row of the flat batch whose logits are read; for <see cref="PoolRows"/> the first row.</summary>
    public int Row => row;

    /// <summary>What is asked.</summary>
    public SampleRequest Request => request;

    /// <summary>The ids generated so far, for penalties, forbidden words and the grammar; empty where none of them is set.</summary>
    public ReadOnlySpan<int> GeneratedIds => generatedIds.AsSpan(0, generatedCount);
}

/// <summary>What to do with a row at the last stage. Immutable, and free of whatever differs from step to step.</summary>
public abstract record SampleRequest
{
    /// <summary>The grammar that the sequence follows; null for none. Scoring does not look at it.</summary>
    public TokenConstraint? Constraint { get; init; }
}

/// <summary>
/// Holds a sequence to a grammar: only tokens are chosen that keep its text a beginning of some text of the grammar, and end tokens
/// only where the text is whole. The state is kept at the last stage, and rebuilt from the generated ids where it is not.
/// </summary>
/// <param name="Grammar">The grammar.</param>
/// <param name="SequenceId">Names the sequence, so that its state is found again.</param>
/// <param name="EndIds">Tokens that end the sequence.</param>
public sealed record TokenConstraint(ByteGrammar Grammar, long SequenceId, ReadOnlyMemory<int> EndIds);

/// <summary>
/// Draws (or, at temperature 0, picks) the next token. The third key of the random counter, beside seed and choice, is the absolute position
/// of the token to be drawn, which is that of the row and one.
/// </summary>
/// <param name="Options">Temperature, truncation, penalties and the seed.</param>
/// <param name="Choice">Index of the sample within its own prompt: the second key of the random counter.</param>
/// <param name="PromptIds">The prompt, which penalties see; empty when no penalty is set.</param>
/// <param name="BannedIds">Ids that may not be drawn (end tokens before <c>min_tokens</c>).</param>
public sealed record DrawToken(
    SamplingOptions Options, int Choice, ReadOnlyMemory<int> PromptIds, ReadOnlyMemory<int> BannedIds) : SampleRequest;

/// <summary>Scores a given token (log-probabilities of a prompt) without drawing.</summary>
/// <param name="TokenId">The token whose log-probability is wanted.</param>
/// <param name="TopCount">How many of the best alternatives to return; 0 for none.</param>
public sealed record ScoreToken(int TokenId, int TopCount) : SampleRequest;

/// <summary>
/// Adds up the model's final hidden states (after the last norm) of consecutive rows, element by element in ascending rows, to what
/// earlier steps came to. So the sum is the same however a prompt is cut into steps.
/// </summary>
/// <param name="Count">Number of rows, of one slice.</param>
/// <param name="Sum">What earlier rows came to; null at the first.</param>
public sealed record PoolRows(int Count, double[]? Sum) : SampleRequest;

/// <summary>Returns the best continuations of a beam by log-softmax, to which bias, penalties and masks are then applied; ties to the lower id.</summary>
/// <param name="Count">How many candidates: twice the beam width, in Hugging Face's way.</param>
/// <param name="Options">Penalties and bias; temperature is ignored.</param>
/// <param name="PromptIds">The prompt, which penalties see.</param>
/// <param name="BannedIds">Ids that may not be chosen.</param>
/// <param name="TopCount">How many alternatives to report: the answer's list has this many entries when that is more than <paramref name="Count"/>.</param>
public sealed record RankCandidates(
    int Count, SamplingOptions Options, ReadOnlyMemory<int> PromptIds, ReadOnlyMemory<int> BannedIds, int TopCount) : SampleRequest;
