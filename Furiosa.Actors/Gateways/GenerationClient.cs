using Akka;
using Akka.Actor;
using Akka.Streams.Dsl;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Streams;

namespace Furiosa.Actors.Gateways;

/// <summary>The door to the gateway's actor of this process.</summary>
internal sealed class GenerationClient(IActorRef gateway, RequestTable table) : IGenerationClient, IRequestDoor
{
    public Source<GenerationEvent, NotUsed> Generate(GenerationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Source.FromGraph(new GenerationSource(request, this));
    }

    public void FinishChoice(string requestId, int choice) => gateway.Tell(new CancelChoice(requestId, choice), ActorRefs.NoSender);

    public void Abort(string requestId) => gateway.Tell(new CancelRequest(requestId), ActorRefs.NoSender);

    public void Open(GenerationRequest request, RequestStream stream)
    {
        if (table.TryAdd(stream)) gateway.Tell(new OpenRequest(request, stream), ActorRefs.NoSender);
    }

    public void Close(string requestId, RequestStream stream, bool isCancelled)
    {
        table.Remove(stream);
        if (isCancelled) gateway.Tell(new ReaderGone(requestId, stream), ActorRefs.NoSender);
    }
}
