namespace Furiosa.Actors.Gateways;

/// <summary>Why requests leave a replica, and with it what is held against them.</summary>
internal enum LossKind
{
    /// <summary>It computes for others now, or drains; it is as it was.</summary>
    Moved,

    /// <summary>What it had computed is gone, by something that no request does: its node was cut off, removed or has left.</summary>
    Gone,

    /// <summary>It died under its requests, and one of them may be why: that is held against a request which it computed alone.</summary>
    Died,
}
