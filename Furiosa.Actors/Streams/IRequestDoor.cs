using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Streams;

/// <summary>Where a running source opens and closes its request.</summary>
internal interface IRequestDoor
{
    /// <summary>Asks for a request; its events come into the stream.</summary>
    void Open(GenerationRequest request, RequestStream stream);

    /// <summary>The reader has finished; <paramref name="isCancelled"/> when it did not see a terminal event.</summary>
    void Close(string requestId, RequestStream stream, bool isCancelled);
}
