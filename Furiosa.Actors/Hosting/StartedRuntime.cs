using Akka.Actor;
using Akka.Streams;
using Furiosa.Actors.Gateways;
using Furiosa.Actors.Observation;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Streams;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Hosting;

/// <summary>A running actor system with its model.</summary>
internal sealed class StartedRuntime : IFuriosaRuntime
{
    /// <summary>How long readers may take for their last events once all requests have ended.</summary>
    public static readonly TimeSpan LastReads = TimeSpan.FromSeconds(2);

    private readonly ActorSystem _system;
    private readonly IActorRef _gateway;
    private readonly IActorRef _node;
    private readonly RequestTable _table;
    private readonly RuntimeBoard _board;
    private readonly IModelHost? _host;
    private readonly TimeSpan _drainTimeout;
    private readonly Lazy<Task> _stop;
    private volatile bool _isRemoved;

    public StartedRuntime(
        ActorSystem system, IActorRef gateway, IActorRef node, RequestTable table, RuntimeBoard board, IModelHost? host, TimeSpan drainTimeout)
    {
        (_system, _gateway, _node, _table, _board, _host, _drainTimeout) = (system, gateway, node, table, board, host, drainTimeout);
        Materializer = system.Materializer();
        Client = gateway.IsNobody() ? new NoClient() : new GenerationClient(gateway, table);
        Terminated = EndAsync();
        _stop = new Lazy<Task>(StopOnceAsync);
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseServiceRequestsDone, "drain-requests", DrainAsync);
    }

    /// <summary>For tests that look behind the door.</summary>
    internal ActorSystem System => _system;

    public IGenerationClient Client { get; }

    public IMaterializer Materializer { get; }

    public RuntimeSummary Summary { get; set; } = null!;

    public IRequestArchive? Archive { get; init; }

    public IGatewayExchange? Exchange { get; init; }

    public IClusterView? Cluster { get; set; }

    /// <summary>What ends with the actor system.</summary>
    public Action? AlsoDispose { get; init; }

    public RuntimeHealth Health => _board.Health;

    public RuntimePicture Picture => _board.Picture;

    public RuntimeJournal Journal => _board.Journal;

    public Task Terminated { get; }

    public void Route(string policy, string profile) => _gateway.Tell(new RouteBy(policy, profile), ActorRefs.NoSender);

    public Task StopAsync() => _stop.Value;

    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <summary>The cluster has given this node up: nothing that it has is anybody's any more.</summary>
    public void EndRemoved()
    {
        if (_stop.IsValueCreated) return;
        _isRemoved = true;
        _system.Terminate();
    }

    private async Task StopOnceAsync()
    {
        await CoordinatedShutdown.Get(_system).Run(StopReason.Instance).ConfigureAwait(false);
        await Terminated.ConfigureAwait(false);
    }

    /// <summary>Lets requests finish, ends those that do not in time, and gives readers a moment for the last events.</summary>
    private async Task<Akka.Done> DrainAsync()
    {
        if (_isRemoved) return Akka.Done.Instance;
        try
        {
            // The node's part first: what it hosts goes on at other nodes, for this gateway's requests too.
            var node = _node.IsNobody() ? Task.CompletedTask : _node.Ask<NodeDrained>(DrainNode.Instance, _drainTimeout);
            var gateway = _gateway.IsNobody() ? Task.CompletedTask : _gateway.Ask<GatewayDrained>(DrainGateway.Instance, _drainTimeout);
            await Task.WhenAll(node, gateway).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            if (!_gateway.IsNobody()) _gateway.Tell(CutOffRequests.Instance, ActorRefs.NoSender);
        }
        using var patience = new CancellationTokenSource(LastReads);
        await _table.WaitUntilEmptyAsync(patience.Token).ConfigureAwait(false);
        _table.Close(new GenerationFailed(FailureKind.Unavailable, "The server was shut down."));
        return Akka.Done.Instance;
    }

    private async Task EndAsync()
    {
        await _system.WhenTerminated.ConfigureAwait(false);
        _table.Close(new GenerationFailed(FailureKind.Unavailable, "The server was shut down."));
        _host?.Dispose();
        AlsoDispose?.Invoke();
    }

    private sealed class StopReason : CoordinatedShutdown.Reason
    {
        public static StopReason Instance { get; } = new();

        public override int ExitCode => 0;
    }
}
