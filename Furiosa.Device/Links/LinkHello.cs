namespace Furiosa.Device.Links;

/// <summary>What the node that opens a connection says it is for.</summary>
/// <param name="Group">Name of the replica.</param>
/// <param name="Epoch">Life of the replica's group.</param>
/// <param name="Lane">Which of the group's connections between the two nodes.</param>
/// <param name="From">The node that opens it.</param>
/// <param name="To">The node it is meant for.</param>
public sealed record LinkHello(string Group, long Epoch, int Lane, string From, string To)
{
    /// <summary>Most characters of a name.</summary>
    public const int MostCharacters = 256;
}
