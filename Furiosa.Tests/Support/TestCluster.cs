using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Support;

/// <summary>A gateway and device nodes in processes of their own on this machine.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(100);

    private TestCluster(NodeProcess gateway) => Gateway = gateway;

    public NodeProcess Gateway { get; }

    public List<NodeProcess> Devices { get; } = [];

    /// <summary>Starts it and returns when each device node serves a replica.</summary>
    /// <param name="devices">Device nodes.</param>
    /// <param name="arguments">More arguments of each of them.</param>
    public static Task<TestCluster> StartAsync(int devices, params string[] arguments) => StartAsync(devices, devices, arguments);

    /// <summary>Starts it and returns when so many replicas serve.</summary>
    public static async Task<TestCluster> StartAsync(int devices, int replicas, params string[] arguments)
    {
        // What is about requests is the gateway's business.
        var config = Array.IndexOf(arguments, "--config") is >= 0 and var at ? arguments[at..(at + 2)] : [];
        var cluster = new TestCluster(await NodeProcess.StartAsync(
            [.. config, "--role", "gateway", "--host", "127.0.0.1", "--port", "0", "--admin-port", "0", "--cluster-port", "0"]));
        try
        {
            cluster.Devices.AddRange(await Task.WhenAll(Enumerable.Range(0, devices).Select(i => NodeProcess.StartAsync(
                ["--role", "device", "--node-name", $"d{i + 1}", "--admin-port", "0", "--cluster-port", "0", "--seed-nodes", $"127.0.0.1:{cluster.Gateway.ClusterPort}", .. arguments]))));
            await cluster.WaitForReplicasAsync(replicas);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a node again that has died, and forgets the dead one.</summary>
    public async Task<NodeProcess> ReplaceAsync(NodeProcess dead)
    {
        await dead.EndAsync();
        var next = await dead.StartAgainAsync();
        await dead.DisposeAsync();
        return next;
    }

    /// <summary>Lets a node drain or undrain.</summary>
    public async Task CommandAsync(string node, string command)
    {
        using var http = new HttpClient { BaseAddress = Gateway.Admin };
        using var response = await http.PostAsync($"/admin/api/cluster/nodes/{node}/{command}", null);
        Assert.That(response.IsSuccessStatusCode, Is.True, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Waits until so many replicas serve.</summary>
    public Task WaitForReplicasAsync(int count) => WaitAsync(
        report => report["replicas"]!.Count(replica => (string?)replica["state"] == "serving") >= count, $"{count} replicas serve");

    /// <summary>Waits until the gateway has no request left.</summary>
    public async Task WaitForIdleAsync()
    {
        using var patience = new CancellationTokenSource(Longest);
        while (true)
        {
            var health = JObject.Parse(await Gateway.Http!.GetStringAsync("/health", patience.Token));
            if ((int)health["running"]! == 0 && (int)health["waiting"]! == 0) return;
            await Task.Delay(50, patience.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var device in Devices) await device.DisposeAsync();
        await Gateway.DisposeAsync();
    }

    private async Task WaitAsync(Func<JObject, bool> condition, string what)
    {
        using var http = new HttpClient { BaseAddress = Gateway.Admin };
        using var patience = new CancellationTokenSource(Longest);
        JObject report = [];
        try
        {
            while (true)
            {
                report = JObject.Parse(await http.GetStringAsync("/admin/api/cluster", patience.Token));
                if (condition(report)) return;
                await Task.Delay(100, patience.Token);
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"It did not come about that {what}: {report}\n{Gateway.Output}\n{string.Join('\n', Devices.Select(device => device.Output))}");
        }
    }
}
