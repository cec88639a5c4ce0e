namespace Furiosa.Gateway.Tools;

/// <summary>Turns one choice's text, as it comes, into the parts of an assistant's message. Not thread-safe; one per choice.</summary>
internal interface IMessageParser
{
    /// <summary>Calls that the message has so far.</summary>
    int CallCount { get; }

    /// <summary>Whether the text up to here was all reasoning.</summary>
    bool IsReasoning { get; }

    /// <summary>Takes the next text and adds what is now known.</summary>
    void Feed(string text, ICollection<MessageDelta> output);

    /// <summary>Ends the text: adds what was held back.</summary>
    void Finish(ICollection<MessageDelta> output);
}
