namespace Furiosa.Gateway.Grammar;

/// <summary>Bounds on what a request may ask to be followed.</summary>
internal static class GrammarLimits
{
    /// <summary>Longest grammar, schema or list of choices, in characters.</summary>
    public const int MaxTextLength = 512 * 1024;

    /// <summary>Most choices.</summary>
    public const int MaxChoices = 10_000;

    /// <summary>
    /// A longer maximum of characters, items or properties is taken as this one: what is made still keeps within the longer one. A
    /// longer minimum is refused.
    /// </summary>
    public const int MaxCount = 10_000;
}
