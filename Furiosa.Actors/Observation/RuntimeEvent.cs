namespace Furiosa.Actors.Observation;

/// <summary>Something that an admin wants to know of.</summary>
/// <param name="Number">Ascending, without gaps.</param>
/// <param name="Time">When.</param>
/// <param name="Kind">A word in snake case, e.g. <c>replica_serving</c>, <c>group_lost</c>, <c>request_resumed</c>.</param>
/// <param name="Message">One line.</param>
public sealed record RuntimeEvent(long Number, DateTimeOffset Time, string Kind, string Message)
{
    /// <summary>The replica concerned.</summary>
    public int? Replica { get; init; }

    /// <summary>The node concerned.</summary>
    public string? Node { get; init; }

    /// <summary>The request concerned, by the runtime's name for it.</summary>
    public string? RequestId { get; init; }
}
