using System.Collections.Immutable;
using Akka.Actor;
using Furiosa.Actors.Gateways;
using Furiosa.Actors.Streams;

namespace Furiosa.Actors.Protocol;

// What a gateway's actor accepts from its own process.

/// <summary>Serve a request; its events go into the stream.</summary>
internal sealed record OpenRequest(GenerationRequest Request, RequestStream Stream) : ILocalMessage;

/// <summary>End a request: its reader has gone, or gave it up.</summary>
internal sealed record CancelRequest(string RequestId) : ILocalMessage;

/// <summary>End one choice.</summary>
internal sealed record CancelChoice(string RequestId, int Choice) : ILocalMessage;

/// <summary>There is a replica to send requests to.</summary>
/// <param name="Replica">Its index.</param>
/// <param name="Actor">Its actor.</param>
/// <param name="Node">Address of its node; empty for this process.</param>
internal sealed record ReplicaJoined(int Replica, IActorRef Actor, string Node = "") : ILocalMessage;

/// <summary>Refuse new requests; answer with <see cref="GatewayDrained"/> when none is left.</summary>
internal sealed record DrainGateway : ILocalMessage
{
    public static DrainGateway Instance { get; } = new();
}

/// <summary>Share requests among replicas in another way.</summary>
internal sealed record RouteBy(string Policy, string Profile) : ILocalMessage;

/// <summary>End what is left.</summary>
internal sealed record CutOffRequests : ILocalMessage
{
    public static CutOffRequests Instance { get; } = new();
}

/// <summary>No request is left.</summary>
internal sealed record GatewayDrained : ILocalMessage
{
    public static GatewayDrained Instance { get; } = new();
}

/// <summary>Give up every request for another gateway of this process; answered with <see cref="RequestsHandedOver"/>.</summary>
internal sealed record HandOverRequests : ILocalMessage
{
    public static HandOverRequests Instance { get; } = new();
}

/// <summary>The requests that a gateway had, and works on no more.</summary>
internal sealed record RequestsHandedOver(ImmutableArray<OpenedRequest> Requests) : ILocalMessage;

/// <summary>Go on with the requests of an earlier gateway of this process.</summary>
internal sealed record AdoptRequests(ImmutableArray<OpenedRequest> Requests) : ILocalMessage;

/// <summary>The reader of this stream has gone without seeing a terminal event.</summary>
internal sealed record ReaderGone(string RequestId, RequestStream Stream) : ILocalMessage;
