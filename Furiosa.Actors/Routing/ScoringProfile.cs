namespace Furiosa.Actors.Routing;

/// <summary>How much a known prefix and a light load count.</summary>
/// <param name="Prefix">Weight of the part of the prompt that the replica has computed before.</param>
/// <param name="Load">Weight of how little it has to do.</param>
internal sealed record ScoringProfile(double Prefix, double Load)
{
    /// <summary>The default.</summary>
    public static ScoringProfile Balanced { get; } = new(0.55, 0.45);

    /// <summary>For requests that begin alike.</summary>
    public static ScoringProfile Locality { get; } = new(0.90, 0.10);

    /// <summary>For requests that have little in common.</summary>
    public static ScoringProfile Lightest { get; } = new(0.10, 0.90);
}
