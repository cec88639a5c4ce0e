using Akka;
using Akka.Streams.Dsl;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Gateways;

/// <summary>The door of a process that is no gateway: it takes nothing.</summary>
internal sealed class NoClient : IGenerationClient
{
    public Source<GenerationEvent, NotUsed> Generate(GenerationRequest request) =>
        Source.Single<GenerationEvent>(new GenerationFailed(FailureKind.Unavailable, "This node is no gateway."));

    public void FinishChoice(string requestId, int choice)
    {
    }

    public void Abort(string requestId)
    {
    }
}
