using System.Collections.Immutable;
using System.Net;
using Akka.Actor;
using Furiosa.Actors.Gateways;
using Furiosa.Actors.Groups;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Replicas;
using Furiosa.Actors.Scheduling;
using Furiosa.Device.Execution;
using Furiosa.Device.Links;
using Furiosa.Device.Mesh;
using Furiosa.Tests.Support.HashModel;

namespace Furiosa.Tests.Support;

/// <summary>
/// One replica over several nodes that share a process, every message being written and read again: each node has the model, compute
/// threads and data connections of its own. Stages are words, whose letter i names the node of rank i; node A is the home.
/// </summary>
internal sealed class SpreadReplica : IAsyncDisposable
{
    private readonly List<DataPath> _paths = [];
    private readonly List<IModelHost> _hosts = [];
    private readonly StartedRuntime _runtime;

    public SpreadReplica(string stages, SpreadOptions options)
    {
        var words = stages.Split(' ');
        var settings = AkkaConfiguration.Build(new RuntimeOptions { ModelDirectory = "", AkkaHocon = HashRuntime.ForcedSerialization + "\nakka.log-dead-letters = off" });
        System = ActorSystem.Create("spread", settings);
        var nodes = words.SelectMany(word => word).Append('A').Distinct().Order().ToList();
        var hosts = nodes.Select(node => node == 'A' ? null : StartNode(node, options)).ToList();
        var home = options.Open();
        var data = StartData('A', options);
        var planned = words.Select((word, index) => new PlannedStage(
            index,
            [.. word.Select((_, rank) => new PeId(0, rank))],
            [.. word.Distinct().Select(node => new StagePart(hosts[nodes.IndexOf(node)], [.. Enumerable.Range(0, word.Length).Where(rank => word[rank] == node)]))])).ToImmutableArray();
        StepsInFlight = PlannedStage.StepsInFlight(planned);
        var scheduler = new SchedulerOptions { BlockCount = 256, MaxModelLen = 512, MaxBatchedTokens = options.MaxRows, StepsInFlight = StepsInFlight, LookupTokens = 7, StateCount = home.StateBytesPerSlot > 0 ? 12 : 0 };
        var replica = new ReplicaSettings(0, planned, scheduler)
        {
            Node = "node-A", Model = "the model", Data = data, LongestBackOff = TimeSpan.FromMilliseconds(200), LoadAttempts = int.MaxValue,
        };
        var (board, hall) = (new RuntimeBoard(1), RequestHall.ForOneSystem(new RuntimeOptions { ModelDirectory = "" }));
        var gateway = System.ActorOf(Props.Create(() => new GatewayActor(new GatewaySettings(4096, board) { CapacityWait = TimeSpan.FromMinutes(2) })), "gateway");
        var node = new NodeSettings([replica], gateway, null);
        _runtime = new StartedRuntime(System, gateway, ActorRefs.Nobody, hall, board, home, TimeSpan.FromSeconds(1));
        System.ActorOf(Props.Create(() => new NodeActor(node, home)), "node");
        Placed = node.AllServing.Task;
    }

    public ActorSystem System { get; }

    /// <summary>The hosts of stages of the nodes but the home.</summary>
    public Dictionary<char, IActorRef> StageHosts { get; } = [];

    public int StepsInFlight { get; }

    public IFuriosaRuntime Runtime => _runtime;

    /// <summary>What each PE holds, once the replica serves; fails when it cannot.</summary>
    public Task<ImmutableArray<ImmutableArray<ImmutableArray<PeFootprint>>>> Placed { get; }

    /// <summary>One line for each data connection that was refused.</summary>
    public global::System.Collections.Concurrent.ConcurrentQueue<string> Refusals { get; } = new();

    public static async Task<SpreadReplica> StartAsync(string stages, SpreadOptions options)
    {
        var replica = new SpreadReplica(stages, options);
        try
        {
            await replica.Placed;
            return replica;
        }
        catch
        {
            await replica.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the part of a group that another node holds, as a fault in it would.</summary>
    public void KillMember(char node) => System.ActorSelection($"/user/stages-{node}/replica-0-*").Tell(Kill.Instance);

    public async ValueTask DisposeAsync()
    {
        await _runtime.DisposeAsync();
        foreach (var path in _paths) path.Dispose();
        foreach (var host in _hosts) host.Dispose();
    }

    private StageHostRef StartNode(char node, SpreadOptions options)
    {
        var host = options.Open();
        _hosts.Add(host);
        var data = StartData(node, options);
        var actor = System.ActorOf(Props.Create(() => new StageHostActor(host, data, $"node-{node}", "the model")), $"stages-{node}");
        StageHosts.Add(node, actor);
        return new StageHostRef($"node-{node}", actor);
    }

    private DataPath StartData(char node, SpreadOptions options)
    {
        var data = DataPath.Start(
            new DataPathOptions(new IPEndPoint(IPAddress.Loopback, 0), "127.0.0.1", options.Certificates?.Invoke($"node-{node}"))
            {
                Limits = options.Limits, AdvertisedPort = options.AdvertisedPort(node),
            },
            Refusals.Enqueue);
        options.Listening(node, data.ListenPort);
        _paths.Add(data);
        return data;
    }
}

/// <summary>How the nodes of a test are made.</summary>
internal sealed record SpreadOptions(Func<IModelHost> Open)
{
    public int MaxRows { get; init; } = 64;

    public Func<string, ClusterCertificates>? Certificates { get; init; }

    // Patient: what is not about silence must not be decided by a busy machine.
    public LinkLimits Limits { get; init; } = new() { Silence = TimeSpan.FromSeconds(30), Handshake = TimeSpan.FromSeconds(30) };

    public Func<char, int?> AdvertisedPort { get; init; } = _ => null;

    public Action<char, int> Listening { get; init; } = (_, _) => { };
}
