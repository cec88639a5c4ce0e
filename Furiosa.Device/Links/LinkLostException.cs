namespace Furiosa.Device.Links;

/// <summary>A connection between two nodes has ended.</summary>
/// <param name="message">Who, and how that showed.</param>
/// <param name="cause">What was seen of it.</param>
public sealed class LinkLostException(string message, Exception cause) : IOException(message, cause)
{
    /// <summary>Whether nothing came, as when the other node is paused or cut off; else it closed, or sent what cannot be.</summary>
    public bool IsSilence { get; init; }
}
