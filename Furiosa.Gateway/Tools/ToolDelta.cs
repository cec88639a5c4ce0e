namespace Furiosa.Gateway.Tools;

/// <summary>What a <see cref="ToolDelta"/> adds to the message.</summary>
internal enum ToolDeltaKind
{
    /// <summary>Text of the answer.</summary>
    Content,

    /// <summary>A call begins; its text is the function's name.</summary>
    CallStart,

    /// <summary>More of a call's arguments, as JSON text.</summary>
    Arguments,
}

/// <summary>One step of a message with tool calls. All steps in order make the message; the caller gives each call its id.</summary>
/// <param name="Kind">What is added.</param>
/// <param name="Index">The call's index in the message; 0 for content.</param>
/// <param name="Text">The text that is added, or the function's name.</param>
internal readonly record struct ToolDelta(ToolDeltaKind Kind, int Index, string Text);
