using System.Collections.Immutable;
using Akka;
using Akka.Actor;
using Akka.Streams.Dsl;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Streams;

namespace Furiosa.Actors.Gateways;

/// <summary>
/// The door to the gateway's actor of this process. A node that the cluster has given up starts its actors anew and joins again: meanwhile
/// the requests of the last gateway actor are kept here, and whatever is said waits for the next one.
/// </summary>
internal sealed class GenerationClient(RequestTable table) : IGenerationClient, IRequestDoor
{
    private readonly Lock _gate = new();
    private readonly List<object> _unheard = [];
    private ImmutableArray<OpenedRequest> _kept = [];
    private IActorRef? _gateway;
    private int _detachments;
    private GenerationFailed? _refusal; // of whoever asks while there has been no gateway for too long

    /// <summary>From now on this is the gateway; what was kept for it goes on there.</summary>
    public void Attach(IActorRef gateway)
    {
        lock (_gate)
        {
            gateway.Tell(new AdoptRequests(StillRead(_kept)), ActorRefs.NoSender);
            foreach (var message in _unheard) gateway.Tell(message, ActorRefs.NoSender);
            _unheard.Clear();
            (_kept, _gateway, _refusal) = ([], gateway, null);
        }
    }

    /// <summary>Takes over what the gateway has, which is about to end.</summary>
    /// <param name="patience">How long the gateway may take for it; what it gives later is not lost, and what it never gives it ends itself.</param>
    /// <returns>The number of this detachment.</returns>
    public async Task<int> DetachAsync(TimeSpan patience)
    {
        IActorRef? gateway;
        int number;
        lock (_gate) (gateway, _gateway, number) = (_gateway, null, ++_detachments);
        if (gateway is null) return number;
        var keeping = KeepAsync(gateway.Ask<RequestsHandedOver>(HandOverRequests.Instance, Timeout.InfiniteTimeSpan));
        await Task.WhenAny(keeping, Task.Delay(patience)).ConfigureAwait(false);
        return number;
    }

    /// <summary>Keeps what a gateway gives, or passes it on if the next one is there already.</summary>
    private async Task KeepAsync(Task<RequestsHandedOver> handingOver)
    {
        var given = (await handingOver.ConfigureAwait(false)).Requests;
        lock (_gate)
        {
            if (_refusal is not null) End(given, _refusal);
            else if (_gateway is null) _kept = [.. _kept, .. given];
            else _gateway.Tell(new AdoptRequests(StillRead(given)), ActorRefs.NoSender);
        }
    }

    // A reader that has gone meanwhile was told to nobody who knew its request.
    private ImmutableArray<OpenedRequest> StillRead(ImmutableArray<OpenedRequest> requests) => [.. requests.Where(request => table.Has(request.Stream) && !request.Stream.HasEnded)];

    private static void End(ImmutableArray<OpenedRequest> requests, GenerationFailed reason)
    {
        foreach (var request in requests) request.Stream.Offer(reason);
    }

    /// <summary>
    /// Ends what is kept, if there is still no gateway since a detachment: it has waited long enough. What is asked from now on until there is one ends likewise,
    /// at once.
    /// </summary>
    public void EndKept(int detachment, GenerationFailed reason)
    {
        lock (_gate)
        {
            if (_gateway is not null || _detachments != detachment) return;
            End(_kept, reason);
            foreach (var open in _unheard.OfType<OpenRequest>()) open.Stream.Offer(reason);
            _unheard.Clear();
            (_kept, _refusal) = ([], reason);
        }
    }

    public Source<GenerationEvent, NotUsed> Generate(GenerationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Source.FromGraph(new GenerationSource(request, this));
    }

    public void FinishChoice(string requestId, int choice) => Tell(new CancelChoice(requestId, choice));

    public void Abort(string requestId) => Tell(new CancelRequest(requestId));

    public void Open(GenerationRequest request, RequestStream stream)
    {
        if (table.TryAdd(stream)) Tell(new OpenRequest(request, stream));
    }

    public void Close(string requestId, RequestStream stream, bool isCancelled)
    {
        table.Remove(stream);
        if (isCancelled) Tell(new ReaderGone(requestId, stream));
    }

    private void Tell(object message)
    {
        lock (_gate)
        {
            if (_gateway is not null) _gateway.Tell(message, ActorRefs.NoSender);
            else if (_refusal is null) _unheard.Add(message);
            else if (message is OpenRequest open) open.Stream.Offer(_refusal);
        }
    }
}
