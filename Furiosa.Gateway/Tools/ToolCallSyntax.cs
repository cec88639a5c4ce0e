namespace Furiosa.Gateway.Tools;

/// <summary>How one family of models writes its calls.</summary>
internal abstract class ToolCallSyntax
{
    /// <summary>
    /// Whether a marker of the syntax is a special token in the models that use it, so that text made with special tokens left out
    /// would lack it.
    /// </summary>
    public virtual bool MarkersAreSpecialTokens => false;

    /// <summary>The texts that may begin calls here; none is the beginning of another.</summary>
    /// <param name="atStart">Whether the message has no content yet.</param>
    /// <param name="callCount">How many calls were read so far.</param>
    public abstract IReadOnlyList<string> Markers(bool atStart, int callCount);

    /// <summary>A machine for what follows a marker.</summary>
    public abstract CallMachine Begin(string marker, ICallSink calls);
}
