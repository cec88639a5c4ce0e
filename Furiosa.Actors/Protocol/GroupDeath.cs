namespace Furiosa.Actors.Protocol;

/// <summary>How a group came to its end, and with it what is held against the requests that it computed.</summary>
internal enum GroupDeath : byte
{
    /// <summary>A step failed, or never came back: each request in a step under way may be why.</summary>
    Fault,

    /// <summary>The connection to one of its processes ended, as it does when that process dies: a request may be why, if it was computed alone.</summary>
    Lost,

    /// <summary>Something that no request does: a node was silent, was cut off or has left.</summary>
    Gone,
}
