namespace Furiosa.Gateway.Tools;

/// <summary>
/// Takes a model's text as it comes and tells tool calls from content. However the text is cut, the deltas make the same message: what
/// they say depends on the text alone. Streamed and whole answers use it alike. Not thread-safe; one per choice.
/// </summary>
internal interface IToolCallParser
{
    /// <summary>Calls begun so far.</summary>
    int CallCount { get; }

    /// <summary>Takes the next text and adds what is now known to <paramref name="output"/>.</summary>
    void Feed(string text, IList<ToolDelta> output);

    /// <summary>Ends the text: adds what was held back. A call that is not complete becomes content, unless it was too long to hold.</summary>
    void Finish(IList<ToolDelta> output);
}
