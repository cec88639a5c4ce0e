namespace Furiosa.Device.Sampling;

/// <summary>One way to go on with a running beam: its index, the token, and the sum of log-probabilities with the token.</summary>
internal readonly record struct BeamCandidate(int Parent, TokenLogprob Token, double Sum)
{
    /// <summary>The lower sum first; of equal sums the later beam, then the higher token id.</summary>
    public static IComparer<BeamCandidate> WorstFirst { get; } = Comparer<BeamCandidate>.Create(static (a, b) =>
    {
        var order = a.Sum.CompareTo(b.Sum);
        if (order == 0) order = b.Parent.CompareTo(a.Parent);
        return order != 0 ? order : b.Token.Id.CompareTo(a.Token.Id);
    });
}
