using Akka.Actor;
using Akka.Streams;
using Furiosa.Actors.Cluster;
using Furiosa.Actors.Gateways;
using Furiosa.Actors.Observation;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Hosting;

/// <summary>A running actor system with its model.</summary>
internal sealed class StartedRuntime : IFuriosaRuntime
{
    private static readonly TimeSpan HandingOver = TimeSpan.FromSeconds(5);

    /// <summary>How long readers may take for their last events once all requests have ended.</summary>
    public static readonly TimeSpan LastReads = TimeSpan.FromSeconds(2);

    private readonly ActorSystem _system;
    private readonly IActorRef _gateway;
    private readonly IActorRef _node;
    private readonly RuntimeBoard _board;
    private readonly IModelHost? _host;
    private readonly TimeSpan _drainTimeout;
    private readonly Lock _ending = new();
    private readonly Lazy<Task> _stop;
    private readonly Task _ended;
    private volatile bool _isRemoved;
    private volatile RuntimeStartException? _refusal;
    private bool _isEnding;

    public StartedRuntime(
        ActorSystem system, IActorRef gateway, IActorRef node, RequestHall hall, RuntimeBoard board, IModelHost? host, TimeSpan drainTimeout)
    {
        (_system, _gateway, _node, Hall, _board, _host, _drainTimeout) = (system, gateway, node, hall, board, host, drainTimeout);
        Materializer = hall.Materializer ?? RequestHall.MaterializerOf(system);
        Client = gateway.IsNobody() ? new NoClient() : hall.Client;
        // In a cluster nothing is asked of a gateway before its node is a member.
        if (!gateway.IsNobody() && !hall.Survives) hall.Client.Attach(gateway);
        _ended = EndAsync();
        Terminated = TellEndAsync();
        _stop = new Lazy<Task>(StopOnceAsync);
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseServiceRequestsDone, "drain-requests", DrainAsync);
    }

    /// <summary>For tests that look behind the door.</summary>
    internal ActorSystem System => _system;

    /// <summary>What outlives the actor system.</summary>
    internal RequestHall Hall { get; }

    public IGenerationClient Client { get; }

    public IMaterializer Materializer { get; }

    public RuntimeSummary Summary { get; set; } = null!;

    public IRequestArchive Archive => Hall.Archive;

    /// <summary>How long requests are kept for the next life of this node.</summary>
    public TimeSpan CapacityWait { get; init; }

    public IGatewayExchange? Exchange { get; init; }

    public IClusterView? Cluster { get; set; }

    /// <summary>What keeps a member of a cluster running; null for a process by itself.</summary>
    public ShutdownHold? Hold { get; init; }

    /// <summary>What ends with the actor system.</summary>
    public Action? AlsoDispose { get; init; }

    public RuntimeHealth Health => _board.Health;

    public RuntimePicture Picture => _board.Picture;

    public RuntimeJournal Journal => _board.Journal;

    public Task Terminated { get; }

    public void Route(string policy, string profile) => _gateway.Tell(new RouteBy(policy, profile), ActorRefs.NoSender);

    public Task StopAsync() => _stop.Value;

    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <summary>The cluster has given this node up: no replica is its own any more. Its requests are kept for its next life.</summary>
    public void EndRemoved()
    {
        if (!Ends()) return;
        (_isRemoved, Cluster) = (true, null);
        _ = LeaveAsync();
    }

    /// <summary>The node is a member: what an earlier life of it has left goes on here, unless this one is over already.</summary>
    /// <param name="archive">Keeps the records.</param>
    public void Attach(IActorRef archive)
    {
        lock (_ending)
        {
            if (_isEnding) return;
            Hall.Archive.Attach(archive);
            if (!_gateway.IsNobody()) Hall.Client.Attach(_gateway);
        }
    }

    /// <summary>The node was not taken: what an earlier life of it has left is kept for the next try.</summary>
    public void GiveBack() => _isRemoved = true;

    /// <summary>The cluster cannot work with this node, which therefore ends; <see cref="Terminated"/> tells why.</summary>
    public void EndRefused(RuntimeStartException refusal)
    {
        if (!Ends()) return;
        _refusal = refusal;
        _ = _system.Terminate();
    }

    /// <summary>Whether its end begins just now.</summary>
    private bool Ends()
    {
        lock (_ending) return !_stop.IsValueCreated && !_isEnding && (_isEnding = true);
    }

    private async Task LeaveAsync()
    {
        var detachment = 0;
        try
        {
            if (Hall.Survives)
            {
                Hall.Archive.Detach();
                detachment = await Hall.Client.DetachAsync(HandingOver).ConfigureAwait(false);
            }
        }
        finally
        {
            Hold?.Release();
            await _system.Terminate().ConfigureAwait(false);
        }
        if (!Hall.Survives) return;
        await Task.Delay(CapacityWait).ConfigureAwait(false);
        Hall.Client.EndKept(detachment, new GenerationFailed(FailureKind.Unavailable, $"This gateway has found no cluster within {CapacityWait.TotalSeconds:0.#} s; try again later."));
    }

    private async Task StopOnceAsync()
    {
        Hold?.Release();
        await CoordinatedShutdown.Get(_system).Run(StopReason.Instance).ConfigureAwait(false);
        await _ended.ConfigureAwait(false);
        Close();
        await Hall.DisposeAsync().ConfigureAwait(false);
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
        await Hall.Table.WaitUntilEmptyAsync(patience.Token).ConfigureAwait(false);
        Close();
        return Akka.Done.Instance;
    }

    private async Task TellEndAsync()
    {
        await _ended.ConfigureAwait(false);
        if (_refusal is { } refusal) throw refusal;
    }

    private async Task EndAsync()
    {
        await _system.WhenTerminated.ConfigureAwait(false);
        if (!_isRemoved || !Hall.Survives) Close();
        _host?.Dispose();
        AlsoDispose?.Invoke();
    }

    private void Close() => Hall.Table.Close(new GenerationFailed(FailureKind.Unavailable, "The server was shut down."));

    private sealed class StopReason : CoordinatedShutdown.Reason
    {
        public static StopReason Instance { get; } = new();

        public override int ExitCode => 0;
    }
}
