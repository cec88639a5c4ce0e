namespace Furiosa.Device.Links;

/// <summary>Bounds of time and size of the connections between device nodes.</summary>
public sealed record LinkLimits
{
    /// <summary>A peer from which no byte came for so long, or that took none, counts as gone.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(2.5);

    /// <summary>From the first packet of a connection to its acceptance.</summary>
    public TimeSpan Handshake { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Frames that may wait to be sent; whoever has more to say does not keep to the steps in flight.</summary>
    public int QueuedFrames { get; init; } = 64;

    /// <summary>Connections that may be in their handshake at once; when there are more the oldest is closed.</summary>
    public int PendingHandshakes { get; init; } = 32;

    /// <summary>How often an idle side shows that it lives.</summary>
    public TimeSpan Heartbeat => Silence / 5;
}
