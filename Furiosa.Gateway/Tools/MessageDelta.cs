namespace Furiosa.Gateway.Tools;

/// <summary>What a <see cref="MessageDelta"/> adds to.</summary>
internal enum MessagePart
{
    /// <summary>The reasoning before the answer.</summary>
    Reasoning,

    /// <summary>The answer's text.</summary>
    Content,

    /// <summary>The list of calls: a new one begins.</summary>
    CallStart,

    /// <summary>A call's arguments.</summary>
    Arguments,
}

/// <summary>One step of an assistant's message.</summary>
/// <param name="Part">What it adds to.</param>
/// <param name="Text">The text added; the function's name where a call begins.</param>
/// <param name="Call">The call's index; 0 where it is about none.</param>
/// <param name="CallId">The call's id where it begins, else null.</param>
internal readonly record struct MessageDelta(MessagePart Part, string Text, int Call = 0, string? CallId = null);
