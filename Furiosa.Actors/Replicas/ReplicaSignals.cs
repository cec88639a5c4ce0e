using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Replicas;

// What a replica's actor tells itself.

/// <summary>Look for steps that do not come back, and tell gateways that the replica lives.</summary>
internal sealed record LookAround : ILocalMessage
{
    public static LookAround Instance { get; } = new();
}

/// <summary>Make the group again.</summary>
internal sealed record StartAgain : ILocalMessage
{
    public static StartAgain Instance { get; } = new();
}
