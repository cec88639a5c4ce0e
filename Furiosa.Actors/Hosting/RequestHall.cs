using Akka.Actor;
using Akka.Streams;
using Furiosa.Actors.Archive;
using Furiosa.Actors.Gateways;
using Furiosa.Actors.Streams;

namespace Furiosa.Actors.Hosting;

/// <summary>
/// What of a process outlives its actor system where the cluster gives its node up, and the node joins again with another system: the
/// requests with their readers, and the records for clients that come back.
/// </summary>
internal sealed class RequestHall : IAsyncDisposable
{
    private readonly ActorSystem? _streams;

    private RequestHall(RuntimeOptions options, ActorSystem? streams)
    {
        _streams = streams;
        Client = new GenerationClient(Table);
        Shelf = new RecordShelf(options.ResumeWindow, RecordShelf.MostBytesOfANode, TimeProvider.System);
        Materializer = streams is null ? null : MaterializerOf(streams);
    }

    /// <summary>Names this process among all that ever were.</summary>
    public long Process { get; } = Random.Shared.NextInt64();

    /// <summary>The streams that have a reader.</summary>
    public RequestTable Table { get; } = new();

    /// <summary>The door for requests.</summary>
    public GenerationClient Client { get; }

    /// <summary>The records of this node.</summary>
    public RecordShelf Shelf { get; }

    /// <summary>The door to them.</summary>
    public RequestArchive Archive { get; } = new();

    /// <summary>Runs the requests' streams; null where the runtime's own system does.</summary>
    public IMaterializer? Materializer { get; }

    /// <summary>Whether it outlives actor systems.</summary>
    public bool Survives => _streams is not null;

    /// <summary>For a process by itself, whose only actor system lives as long as it does.</summary>
    public static RequestHall ForOneSystem(RuntimeOptions options) => new(options, null);

    /// <summary>For a gateway of a cluster: its streams have a small system of their own, which no cluster knows of.</summary>
    public static RequestHall ForAGateway(RuntimeOptions options) =>
        new(options, RuntimeStarter.CreateSystem(options with { Cluster = null, AkkaHocon = null }, name: "furiosa-streams"));

    /// <summary>What runs requests' streams in a system.</summary>
    public static IMaterializer MaterializerOf(ActorSystem system)
    {
        var settings = ActorMaterializerSettings.Create(system);
        return system.Materializer(system.Dispatchers.HasDispatcher(ChainDispatchers.Answers) ? settings.WithDispatcher(ChainDispatchers.Answers) : settings);
    }

    public async ValueTask DisposeAsync()
    {
        if (_streams is not null) await _streams.Terminate().ConfigureAwait(false);
    }
}
