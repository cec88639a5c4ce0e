using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Support;

/// <summary>A gateway and device nodes in processes of their own on this machine.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private const string AdminKey = "test-key";

    private readonly NodeNetwork? _network;
    private readonly TestCertificates? _authority;

    private readonly string _seeds;

    private TestCluster(TestClusterOptions options)
    {
        _network = options.Network;
        _authority = _network is null ? null : new TestCertificates();
        _seeds = _network is null ? "" : string.Join(',', Enumerable.Range(0, options.Gateways).Select(gateway => $"{_network.AddressOf(gateway)}:7080"));
    }

    /// <summary>The first gateway.</summary>
    public NodeProcess Gateway => Gateways[0];

    public List<NodeProcess> Gateways { get; } = [];

    public List<NodeProcess> Devices { get; } = [];

    /// <summary>Starts it and returns when each device node serves a replica.</summary>
    /// <param name="devices">Device nodes.</param>
    /// <param name="arguments">More arguments of each of them.</param>
    public static Task<TestCluster> StartAsync(int devices, params string[] arguments) => StartAsync(devices, devices, arguments);

    /// <summary>Starts it and returns when so many replicas serve.</summary>
    public static Task<TestCluster> StartAsync(int devices, int replicas, params string[] arguments) => StartAsync(new TestClusterOptions(devices, replicas, arguments));

    /// <summary>Starts it and returns when so many replicas serve.</summary>
    public static async Task<TestCluster> StartAsync(TestClusterOptions options)
    {
        var cluster = new TestCluster(options);
        try
        {
            // What is about requests is the gateway's business.
            var config = Array.IndexOf(options.Arguments, "--config") is >= 0 and var at ? options.Arguments[at..(at + 2)] : [];
            for (var i = 0; i < options.Gateways; i++)
                cluster.Gateways.Add(await cluster.StartNodeAsync(i, ["--role", "gateway", "--node-name", $"g{i + 1}", .. cluster.SeedsOf(i), .. config]));
            cluster.Devices.AddRange(await Task.WhenAll(Enumerable.Range(0, options.Devices).Select(i => cluster.StartNodeAsync(
                options.Gateways + i, ["--role", "device", "--node-name", $"d{i + 1}", .. cluster.SeedsOf(options.Gateways + i), .. options.Arguments]))));
            await cluster.WaitForReplicasAsync(options.Replicas);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a node; those of a network have an address of their own, certificates and always the same ports.</summary>
    private Task<NodeProcess> StartNodeAsync(int place, string[] arguments)
    {
        string[] http = arguments[1] == "gateway" ? ["--host", _network?.AddressOf(place) ?? "127.0.0.1", "--port", _network is null ? "0" : "8000"] : [];
        if (_network is null) return NodeProcess.StartAsync([.. arguments, .. http, "--admin-port", "0", "--cluster-port", "0"]);
        while (_network.Count <= place) _network.Add();
        var address = _network.AddressOf(place);
        var (ca, certificate, key) = _authority!.Files(address);
        return NodeProcess.StartAsync(
            start => _network.Place(start, place),
            [.. arguments, .. http, "--hostname", address, "--cluster-port", "7080", "--admin-host", address, "--admin-port", "18000", "--admin-key", AdminKey,
                "--cluster-ca", ca, "--cluster-certificate", certificate, "--cluster-key", key]);
    }

    private string[] SeedsOf(int place) =>
        _network is not null ? ["--seed-nodes", _seeds] : place == 0 ? [] : ["--seed-nodes", $"127.0.0.1:{Gateway.ClusterPort}"];

    /// <summary>Starts a node again that has died, and forgets the dead one.</summary>
    public async Task<NodeProcess> ReplaceAsync(NodeProcess dead)
    {
        await dead.EndAsync();
        var next = await dead.StartAgainAsync();
        await dead.DisposeAsync();
        return next;
    }

    /// <summary>Lets a node drain or undrain.</summary>
    /// <returns>Whether there was such a node.</returns>
    public async Task<bool> CommandAsync(string node, string command)
    {
        using var http = AdminOf(Gateway);
        using var response = await http.PostAsync($"/admin/api/cluster/nodes/{node}/{command}", null);
        return response.IsSuccessStatusCode;
    }

    /// <summary>The device nodes, from 0, that the first gateway counts as being there.</summary>
    public async Task<IReadOnlyList<int>> PresentAsync()
    {
        using var http = AdminOf(Gateway);
        var names = JObject.Parse(await http.GetStringAsync("/admin/api/cluster"))["nodes"]!.Where(node => (string?)node["state"] == "up").Select(node => (string?)node["name"]).ToHashSet();
        return [.. Enumerable.Range(0, Devices.Count).Where(device => names.Contains($"d{device + 1}"))];
    }

    /// <summary>A client of a node's admin listener.</summary>
    public static HttpClient AdminOf(NodeProcess node) => new() { BaseAddress = node.Admin, DefaultRequestHeaders = { Authorization = new("Bearer", AdminKey) } };

    /// <summary>Waits until the cluster is as it should be, as a node of it sees it; the first gateway when none is given.</summary>
    public Task WaitForAsync(Func<JObject, bool> condition, string what, NodeProcess? seenBy = null) => WaitAsync(condition, what, seenBy ?? Gateway);

    /// <summary>Waits until so many replicas serve.</summary>
    public Task WaitForReplicasAsync(int count, NodeProcess? seenBy = null) => WaitForAsync(
        report => report["replicas"]!.Count(replica => (string?)replica["state"] == "serving") >= count, $"{count} replicas serve", seenBy);

    /// <summary>Waits until the gateway has no request left.</summary>
    public Task WaitForIdleAsync() => WaitForRequestsAsync(0);

    /// <summary>Waits until the gateway has so many requests, one for each prompt.</summary>
    public async Task WaitForRequestsAsync(int count)
    {
        using var patience = new CancellationTokenSource(Patience.Longest);
        while (true)
        {
            // It says so also when no replica serves.
            using var response = await Gateway.Http!.GetAsync("/health", patience.Token);
            var health = JObject.Parse(await response.Content.ReadAsStringAsync(patience.Token));
            if ((int)health["running"]! + (int)health["waiting"]! == count) return;
            await Task.Delay(50, patience.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Devices.Concat(Gateways)) await node.DisposeAsync();
        _authority?.Dispose();
    }

    private async Task WaitAsync(Func<JObject, bool> condition, string what, NodeProcess seenBy)
    {
        using var http = AdminOf(seenBy);
        using var patience = new CancellationTokenSource(Patience.Longest);
        JObject report = [];
        try
        {
            while (true)
            {
                // A node that looks for its cluster has nothing to tell.
                using var response = await http.GetAsync("/admin/api/cluster", patience.Token);
                report = JObject.Parse(await response.Content.ReadAsStringAsync(patience.Token));
                if (response.IsSuccessStatusCode && condition(report)) return;
                await Task.Delay(100, patience.Token);
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"It did not come about that {what}: {report}\n{string.Join('\n', Gateways.Concat(Devices).Select(node => node.Output))}");
        }
    }
}

/// <summary>What a cluster is made of.</summary>
/// <param name="Devices">Device nodes, named d1, d2 and so on.</param>
/// <param name="Replicas">Replicas that serve when it has started.</param>
/// <param name="Arguments">More arguments of each device node; <c>--config</c> is the gateways', too.</param>
internal sealed record TestClusterOptions(int Devices, int Replicas, params string[] Arguments)
{
    /// <summary>Gateways, named g1, g2 and so on.</summary>
    public int Gateways { get; init; } = 1;

    /// <summary>Where the nodes are, gateways first; null for the loopback address.</summary>
    public NodeNetwork? Network { get; init; }
}
