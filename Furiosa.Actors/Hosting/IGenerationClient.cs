using Akka;
using Akka.Streams.Dsl;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Hosting;

/// <summary>How a gateway generates: the only door from text to tokens.</summary>
public interface IGenerationClient
{
    /// <summary>
    /// A source of the request's events, to be run once. Nothing is asked of a replica before it is run. Cancelling it aborts the
    /// request within a step. It completes after the terminal event, and never fails instead of one.
    /// </summary>
    /// <param name="request">A valid request: the gateway has checked ranges and lengths.</param>
    Source<GenerationEvent, NotUsed> Generate(GenerationRequest request);

    /// <summary>Ends one choice early, because its text has reached a stop string. Tokens that were under way are dropped.</summary>
    /// <param name="requestId">The request.</param>
    /// <param name="choice">Index of the choice within its prompt.</param>
    void FinishChoice(string requestId, int choice);

    /// <summary>Ends the whole request with <see cref="FailureKind.Aborted"/>; unknown ids are ignored.</summary>
    /// <param name="requestId">The request.</param>
    void Abort(string requestId);
}
