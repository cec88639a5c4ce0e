namespace Furiosa.Actors.Protocol;

/// <summary>One new token of a choice that goes on, about which nothing was asked.</summary>
/// <param name="Choice">Index of the choice within its prompt.</param>
/// <param name="Id">Token id.</param>
internal readonly record struct PlainToken(int Choice, int Id)
{
    /// <summary>The same as it is shown to readers.</summary>
    public GeneratedToken ToToken() => new(Id, float.NaN, default);

    /// <summary>The same as an event.</summary>
    public TokensGenerated ToEvent() => new(Choice, [ToToken()], null, null);
}
