namespace Furiosa.Gateway.LoadBench;

/// <summary>A load that grows or shrinks from its first request to its last.</summary>
/// <param name="IsExponential">Whether each request changes the rate by the same factor, rather than by the same amount.</param>
/// <param name="Start">Requests a second at the beginning.</param>
/// <param name="End">Requests a second at the end.</param>
internal sealed record RampUp(bool IsExponential, double Start, double End)
{
    /// <summary>Requests a second when a part of all requests, from 0 to 1, has been sent.</summary>
    public double RateAt(double part) => IsExponential ? Start * Math.Pow(End / Start, part) : Start + ((End - Start) * part);
}
