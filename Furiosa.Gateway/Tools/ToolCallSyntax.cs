namespace Furiosa.Gateway.Tools;

/// <summary>How one family of models writes its calls.</summary>
internal abstract class ToolCallSyntax
{
    /// <summary>Marks that are special tokens in some models that use the syntax, so that text made without those would lack them.</summary>
    public virtual IReadOnlyList<string> SpecialMarks => [];

    /// <summary>Texts that end a call whatever is wrong with it.</summary>
    public virtual IReadOnlyList<string> Closings => [];

    /// <summary>The texts that may begin calls here; none is the beginning of another.</summary>
    /// <param name="atStart">Whether the message has no content yet.</param>
    /// <param name="callCount">How many calls were read so far.</param>
    public abstract IReadOnlyList<string> Markers(bool atStart, int callCount);

    /// <summary>A machine for what follows a marker.</summary>
    public abstract CallMachine Begin(string marker, ICallSink calls);
}
