using Furiosa.Actors.Protocol;
using Furiosa.Actors.Streams;

namespace Furiosa.Actors.Gateways;

/// <summary>A request that has not ended, its reader, and the replica that works on it.</summary>
internal sealed class OpenedRequest(GenerationRequest request, RequestStream stream, ReplicaView replica)
{
    public GenerationRequest Request { get; } = request;

    public RequestStream Stream { get; } = stream;

    public ReplicaView Replica { get; } = replica;

    /// <summary>Whether its first step has begun.</summary>
    public bool Started { get; set; }

    /// <summary>Sequences it stands for.</summary>
    public int Width => Request.Beams?.Width ?? Request.ChoiceCount;
}
