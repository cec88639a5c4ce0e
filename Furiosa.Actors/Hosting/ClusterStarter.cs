using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using Furiosa.Actors.Archive;
using Furiosa.Actors.Cluster;
using Furiosa.Actors.Exchange;
using Furiosa.Actors.Gateways;
using Furiosa.Actors.Groups;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Routing;
using Furiosa.Actors.Scheduling;
using Furiosa.Actors.Usage;
using Furiosa.Device.Execution;
using Furiosa.Device.Links;
using Furiosa.Device.Loading;
using Furiosa.Device.Mesh;
using Furiosa.Device.Models;
using AkkaCluster = Akka.Cluster.Cluster;

namespace Furiosa.Actors.Hosting;

/// <summary>Starts a node of a cluster. Replicas come when the placer says so: a started node is one that others know of.</summary>
internal sealed class ClusterStarter(RuntimeOptions options, IProgress<StartupProgress>? progress, CancellationToken cancellation)
{
    // How long before its end a certificate is spoken of.
    private static readonly TimeSpan Foresight = TimeSpan.FromDays(30);

    private readonly ClusterOptions _cluster = options.Cluster!;
    private readonly TaskCompletionSource<IActorRef> _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Once there is a runtime the model ends with its actor system.
    private bool _isHostOwned;

    private bool IsGateway => options.Role.HasFlag(NodeRoles.Gateway);

    private bool IsDevice => options.Role.HasFlag(NodeRoles.Device);

    private ParallelDegrees Degrees => MeshPlacer.Degrees(options);

    public async Task<IFuriosaRuntime> StartAsync(Func<IModelHost> open)
    {
        var pes = IsDevice ? FindPes() : [];
        if (IsDevice) Report(StartupPhase.Model, $"Opening {options.ModelDirectory}", 0);
        var host = IsDevice ? await Task.Run(open, cancellation).ConfigureAwait(false) : null;
        try
        {
            var model = host?.Config ?? ModelConfig.Read(ModelDirectory.Open(options.ModelDirectory));
            var longest = options.MaxModelLen ?? host?.MaxModelLen ?? model.MaxPositionEmbeddings;
            StartRehearsal.RequireFit(model, longest, Degrees.Pipeline);
            var cache = host is null ? default : PlanCache(host, pes.Count, longest);
            return await StartActorsAsync(host, model, longest, pes, cache).ConfigureAwait(false);
        }
        catch
        {
            if (!_isHostOwned) host?.Dispose();
            throw;
        }
    }

    private IReadOnlyList<PeId> FindPes()
    {
        Report(StartupPhase.Mesh, "Finding processing elements", 0);
        return MeshPlacer.OfNode(options);
    }

    /// <summary>What the caches of a replica would hold if all its PEs had as much memory as this node has for each of its own.</summary>
    private CacheSize PlanCache(IModelHost host, int pes, int longest)
    {
        if (pes == 0) return default;
        // A node holds as much of the model as it has of a replica's elements; replicas on one node share it.
        var whole = host.SharedBytes + Enumerable.Range(0, Degrees.Pipeline).Sum(stage => host.Measure(Degrees.Tensor, stage, Degrees.Pipeline).Sum(pe => pe.WeightBytes));
        var weights = whole * Math.Min(pes, Degrees.PesPerReplica) / Degrees.PesPerReplica;
        var available = MachineMemory.Free() - weights;
        if (options.EmulatedDeviceBytes is { } bytes) available = Math.Min(available, 2 * ((bytes * ((pes + DeviceSpec.PesPerDevice - 1) / DeviceSpec.PesPerDevice)) - weights));
        var budget = Math.Max(0, options.KvCacheBytes ?? available / 2);
        var cache = MemoryPlan.SizeOf(options, longest, host.KvBytesPerBlock, host.StateBytesPerSlot, budget / pes * Degrees.PesPerReplica);
        var held = (long)cache.Blocks * KvBlocks.Size;
        Report(StartupPhase.Memory, string.Create(CultureInfo.InvariantCulture,
            $"KV cache for {cache.Blocks} blocks of {KvBlocks.Size} positions{MemoryPlan.ShowStates(cache, host.StateBytesPerSlot)} in a replica of such PEs, sequences of up to {longest} tokens"), 1);
        return held >= longest
            ? cache
            : throw new RuntimeConfigurationException(held == 0
                ? "The memory of this node has room for no KV cache beside the weights that it may be given: give it more memory (furiosa.devices.memory, furiosa.kv-cache.memory), or let more nodes share the model (-pp, -tp)."
                : $"A sequence of --max-model-len {longest} tokens does not fit the KV cache, which holds {held}: lower --max-model-len to {held} on every node or give more memory.");
    }

    private async Task<IFuriosaRuntime> StartActorsAsync(IModelHost? host, ModelConfig model, int longest, IReadOnlyList<PeId> pes, CacheSize cache)
    {
        var board = new RuntimeBoard(0);
        var hall = (options.Predecessor as StartedRuntime)?.Hall ?? (IsGateway ? RequestHall.ForAGateway(options) : RequestHall.ForOneSystem(options));
        var certificates = StartRehearsal.LoadCertificates(_cluster);
        var system = RuntimeStarter.CreateSystem(options, certificates);
        var hold = new ShutdownHold(system);
        // Who has been a member before has good certificates.
        if (options.Predecessor is not null) hold.Arm();
        StartedRuntime? runtime = null;
        try
        {
            var fingerprint = ModelFingerprint.Of(options, longest);
            var weights = host is null ? "" : $"{ModelFingerprint.OfWeights(options.ModelDirectory)} at {Show(Degrees)}";
            var name = _cluster.NodeName ?? $"{_cluster.Hostname}:{AkkaCluster.Get(system).SelfAddress.Port}";
            var gateway = IsGateway ? StartGateway(system, board) : ActorRefs.Nobody;
            var data = host is null ? null : StartData(system, certificates);
            var node = host is null ? ActorRefs.Nobody : StartNode(system, host, data!, gateway, board, longest, name, $"{fingerprint}, {weights}");
            var placer = host is null ? ActorRefs.Nobody : StartPlacer(system);
            var archive = system.ActorOf(Props.Create(() => new ArchiveActor(hall.Shelf)), ArchiveActor.Name);
            var answers = new GatewayAnswers();
            var exchange = IsGateway ? system.ActorOf(Props.Create(() => new ExchangeActor(answers)), ExchangeActor.Name) : ActorRefs.Nobody;
            var usage = IsGateway && options.Usage is { } ledger ? system.ActorOf(Props.Create(() => new UsageActor(ledger)), UsageActor.Name) : ActorRefs.Nobody;
            IReadOnlyList<IActorRef> listeners = [.. new[] { gateway, node, placer, archive, exchange, usage }.Where(actor => !actor.IsNobody())];
            var self = new Func<Address, NodeDescription>(address => new NodeDescription(
                name, address.ToString(), AkkaCluster.Get(system).SelfUniqueAddress.Uid, 0, options.Role,
                fingerprint, weights,
                IsDraining: false, [.. pes], cache, [], 0, [])
            {
                Process = hall.Process,
            });
            Report(StartupPhase.Cluster, $"Joining the cluster as {AkkaCluster.Get(system).SelfAddress}", 0);
            if (certificates is not null) SayWhenItEndsSoon(certificates);
            if (host is not null) foreach (var notice in GuessNotice.For(options, host)) Say(notice);
            runtime = new StartedRuntime(system, gateway, node, hall, board, host, options.DrainTimeout)
            {
                Summary = SummaryBuilder.OfNode(model, longest, host),
                Exchange = IsGateway ? new GatewayExchange(exchange, answers, GatewayName.Of(name, hall.Process)) : null,
                CapacityWait = _cluster.CapacityWait,
                Hold = hold,
                AlsoDispose = () =>
                {
                    data?.Dispose();
                    certificates?.Dispose();
                },
            };
            _isHostOwned = true;
            var joining = ClusterMember.JoinAsync(system, _cluster, (address, seeds) => new PeerSettings(self(address), seeds, _cluster.BeatInterval, _cluster.SilenceTimeout, listeners)
            {
                Refused = reason => Refuse(runtime, hold, reason),
                Removed = runtime.EndRemoved,
                HasJournal = IsGateway,
                Say = Say,
            }, cancellation);
            var peers = await (await Task.WhenAny(joining, _refused.Task).ConfigureAwait(false)).ConfigureAwait(false);
            hold.Arm();
            runtime.Cluster = new ClusterView(peers);
            runtime.Attach(archive);
            if (!node.IsNobody()) node.Tell(new PeersReady(peers), ActorRefs.NoSender);
            Report(StartupPhase.Serving, IsGateway ? "Ready for requests" : "Ready for replicas", 1);
            return runtime;
        }
        catch
        {
            runtime?.GiveBack();
            hold.Release();
            await system.Terminate().ConfigureAwait(false);
            throw;
        }
    }

    private IActorRef StartGateway(ActorSystem system, RuntimeBoard board)
    {
        var settings = new GatewaySettings(options.MaxQueuedRequests, board)
        {
            CapacityWait = _cluster.CapacityWait,
            SilenceTimeout = _cluster.SilenceTimeout,
            Router = () => ReplicaRouters.Make(options.RoutingPolicy, options.ScoringProfile),
        };
        return system.ActorOf(Props.Create(() => new GatewayActor(settings)).On(system, ChainDispatchers.Answers), "gateway");
    }

    private void SayWhenItEndsSoon(ClusterCertificates certificates)
    {
        var end = certificates.Node.NotAfter;
        if (end < DateTime.Now + Foresight)
            Say($"The certificate {_cluster.Tls!.Certificate} ends at {end.ToUniversalTime():yyyy-MM-dd HH:mm} UTC: make another with 'furiosa-llm cluster certificates', and restart this node before");
    }

    private DataPath StartData(ActorSystem system, ClusterCertificates? certificates)
    {
        var bind = IPAddress.TryParse(_cluster.BindHostname, out var address) ? address : IPAddress.Loopback;
        var log = Logging.GetLogger(system, nameof(DataPath));
        try
        {
            return DataPath.Start(
                new DataPathOptions(new IPEndPoint(bind, _cluster.DataPort), _cluster.Hostname, certificates) { Limits = new LinkLimits { Silence = _cluster.SilenceTimeout * (5.0 / 6) } },
                refusal => log.Warning("{Refusal}", refusal));
        }
        catch (Exception fault) when (fault is ArgumentException or SocketException)
        {
            throw new RuntimeConfigurationException($"The data connections cannot be listened for at {bind}:{_cluster.DataPort}: {fault.Message}", fault);
        }
    }

    private IActorRef StartNode(ActorSystem system, IModelHost host, DataPath data, IActorRef gateway, RuntimeBoard board, int longest, string name, string model)
    {
        var identity = new NodeAddress(name, "", AkkaCluster.Get(system).SelfUniqueAddress.Uid).Identity;
        system.ActorOf(Props.Create(() => new StageHostActor(host, data, identity, model)), NodeActor.StageHostName);
        var settings = new NodeSettings([], gateway, null)
        {
            Board = gateway.IsNobody() ? board : null,
            Scheduler = RuntimeStarter.Scheduler(options, new CacheSize(1), longest),
            StepsInFlight = options.StepsInFlight,
            Finish = replica => replica with { Node = identity, Model = model, Data = data, StepTimeout = options.StepTimeout, ReportInterval = _cluster.BeatInterval, LoadAttempts = int.MaxValue },
            Say = Say,
        };
        return system.ActorOf(Props.Create(() => new NodeActor(settings, host)), "node");
    }

    private IActorRef StartPlacer(ActorSystem system)
    {
        var settings = new PlacerSettings(Degrees, SpanNodes: true, Say);
        return system.ActorOf(Props.Create(() => new PlacerActor(settings)), "placer");
    }

    /// <summary>Whoever is refused later has been running beside nodes that it cannot work with: it ends, and says why.</summary>
    private void Refuse(StartedRuntime runtime, ShutdownHold hold, string reason)
    {
        var refusal = new RuntimeStartException(reason);
        _refused.TrySetException(refusal);
        hold.Release();
        runtime.EndRefused(refusal);
    }

    private static string Show(ParallelDegrees degrees) => $"tp {degrees.Tensor}, pp {degrees.Pipeline}, dp {degrees.Data?.ToString(CultureInfo.InvariantCulture) ?? "auto"}";

    private void Say(string line) => Report(StartupPhase.Cluster, line, 1);

    private void Report(StartupPhase phase, string message, double fraction) => progress?.Report(new(phase, message, fraction));
}
