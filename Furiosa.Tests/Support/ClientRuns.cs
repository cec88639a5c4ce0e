using Akka.Streams.Dsl;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;

namespace Furiosa.Tests.Support;

/// <summary>Runs requests through a runtime's door.</summary>
internal static class ClientRuns
{
    /// <summary>All events of a request.</summary>
    public static Task<List<GenerationEvent>> RunAsync(this IFuriosaRuntime runtime, GenerationRequest request) =>
        runtime.Client.Generate(request)
            .RunWith(Sink.Aggregate<GenerationEvent, List<GenerationEvent>>([], (list, what) =>
            {
                list.Add(what);
                return list;
            }), runtime.Materializer)
            .WaitAsync(Patience.Longest);

    /// <summary>The ids of one choice.</summary>
    public static List<int> Ids(this IEnumerable<GenerationEvent> events, int choice = 0) =>
        [.. events.OfType<TokensGenerated>().Where(e => e.Choice == choice).SelectMany(e => e.Tokens).Select(token => token.Id)];
}
