namespace Furiosa.Actors.Gateways;

/// <summary>What a gateway's actor is made with.</summary>
internal sealed record GatewaySettings(int MaxQueuedRequests, RuntimeBoard Board);
