namespace Furiosa.Gateway.Tools;

/// <summary>What a <see cref="CallMachine"/> makes of a character.</summary>
internal enum CallStatus
{
    /// <summary>It fits; more is needed.</summary>
    More,

    /// <summary>It ends the calls that the machine was made for.</summary>
    Done,

    /// <summary>It does not fit: what was read since the last ended call is not a call.</summary>
    Failed,
}

/// <summary>Where a machine says what it has read.</summary>
internal interface ICallSink
{
    /// <summary>A call begins.</summary>
    void Start(string name);

    /// <summary>More of the call's arguments.</summary>
    void Arguments(ReadOnlySpan<char> json);

    /// <summary>The call is complete.</summary>
    void End();
}

/// <summary>Reads calls in one model's syntax, from just after the marker that begins them, a character at a time.</summary>
internal abstract class CallMachine
{
    /// <summary>How many of the last characters pushed are not yet part of what the sink was told.</summary>
    public virtual int HeldLength => 0;

    /// <summary>Takes the next character.</summary>
    public abstract CallStatus Push(char character);

    /// <summary>Whether the text may end here, with closing marks left out as some models do; ends an open call if so.</summary>
    public virtual bool Finish() => false;
}
