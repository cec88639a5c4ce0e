namespace Furiosa.Actors.Observation;

/// <summary>A replica's slots of states by what they hold; none for a model without layers that keep one.</summary>
/// <param name="Used">States of sequences that run.</param>
/// <param name="Cached">States that only the prefix cache keeps.</param>
/// <param name="Free">Nothing.</param>
public readonly record struct StateCounts(int Used, int Cached, int Free)
{
    /// <summary>All slots.</summary>
    public int All => Used + Cached + Free;
}
