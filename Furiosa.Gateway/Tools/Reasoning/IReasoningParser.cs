namespace Furiosa.Gateway.Tools.Reasoning;

/// <summary>What a piece of text adds: reasoning first, then content.</summary>
/// <param name="Reasoning">More of the reasoning; often empty.</param>
/// <param name="Content">More of what follows it; often empty.</param>
internal readonly record struct ReasoningSplit(string Reasoning, string Content);

/// <summary>
/// Parts a model's reasoning from its answer as the text comes; the result depends on the text, not on how it is cut. Not thread-safe;
/// one per choice.
/// </summary>
internal interface IReasoningParser
{
    /// <summary>Whether what comes next is still reasoning, as far as is known.</summary>
    bool IsReasoning { get; }

    /// <summary>Takes the next text.</summary>
    ReasoningSplit Feed(string text);

    /// <summary>Ends the text: gives what was held back.</summary>
    ReasoningSplit Finish();
}
