using System.Net;
using System.Text;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Cluster;

/// <summary>Gateways in processes of their own hold a key to one limit, also one that comes in the place of another.</summary>
[TestFixture]
public sealed class SharedLimitClusterTests
{
    // So much more than a minute's budget that it takes many minutes to work off.
    private static readonly string Body = $$"""{"prompt": "{{string.Concat(Enumerable.Repeat("word ", 300))}}", "max_tokens": 1}""";

    [Test]
    public async Task Key_ThatUsedItsLimitAtOneGateway_IsRefusedAtTheOther()
    {
        using var folder = new TemporaryDirectory();
        var keys = folder.Write("keys", "secret name=alice tokens-per-minute=10\n");
        var config = folder.Write("limits.conf", $"furiosa.http.api-key-file = \"{keys}\"");
        await using var cluster = await TestCluster.StartAsync(1, "--config", config);
        Task<NodeProcess> JoinAsync(NodeProcess other) => NodeProcess.StartAsync(
            "--config", config, "--role", "gateway", "--host", "127.0.0.1", "--port", "0", "--admin-port", "0", "--cluster-port", "0", "--seed-nodes", $"127.0.0.1:{other.ClusterPort}");
        await using var second = await JoinAsync(cluster.Gateway);
        await UntilAsync(cluster.Gateway, limits => (int)limits["other_gateways"]! == 1);
        await UntilAsync(second, limits => (int)limits["other_gateways"]! == 1);

        Assert.That(await AskAsync(cluster.Gateway), Is.EqualTo(HttpStatusCode.OK));
        var told = await UntilAsync(second, limits => (double)limits.SelectToken("keys[0].tokens_per_minute.remaining")! < 0);

        Assert.That((string?)told.SelectToken("keys[0].name"), Is.EqualTo("alice"));
        Assert.That(await AskAsync(second), Is.EqualTo(HttpStatusCode.TooManyRequests));

        // The one that served it all dies; the next in its place asks the one that is left.
        cluster.Gateway.Kill();
        await using var third = await JoinAsync(second);
        await UntilAsync(third, limits => (double)limits.SelectToken("keys[0].tokens_per_minute.remaining")! < 0);
        Assert.That(await AskAsync(third), Is.EqualTo(HttpStatusCode.TooManyRequests));
    }

    private static async Task<HttpStatusCode> AskAsync(NodeProcess gateway)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = new StringContent(Body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new("Bearer", "secret");
        using var response = await gateway.Http!.SendAsync(request);
        return response.StatusCode;
    }

    private static async Task<JObject> UntilAsync(NodeProcess gateway, Func<JObject, bool> condition)
    {
        using var http = new HttpClient { BaseAddress = gateway.Admin };
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var limits = JObject.Parse(await http.GetStringAsync("/admin/api/limits", patience.Token));
            if (condition(limits)) return limits;
            await Task.Delay(50, patience.Token);
        }
    }
}
