using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Cluster;

/// <summary>What is kept for a key is of that key at every gateway, also where one lists its keys in another order.</summary>
[TestFixture]
public sealed class KeptForKeysTests
{
    private static readonly JObject Body = JObject.Parse("""{"prompt": "Once upon a time", "max_tokens": 12, "temperature": 1, "ignore_eos": true}""");

    private TemporaryDirectory _folder = null!;
    private TestCluster _cluster = null!;
    private NodeProcess _other = null!;

    private HttpClient First => _cluster.Gateway.Http!;

    private HttpClient Second => _other.Http!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _folder = new TemporaryDirectory();
        var named = _folder.Write("first.keys", "alices name=alice\n");
        var renewed = _folder.Write("second.keys", "alices-new name=alice\n");
        _cluster = await TestCluster.StartAsync(1, "--config", _folder.Write("first.conf", $"furiosa.http {{ api-keys = [one, two], api-key-file = \"{named}\" }}"));
        _other = await NodeProcess.StartAsync(
            "--config", _folder.Write("second.conf", $"furiosa.http {{ api-keys = [two, one], api-key-file = \"{renewed}\" }}"),
            "--role", "gateway", "--host", "127.0.0.1", "--port", "0", "--admin-port", "0", "--cluster-port", "0", "--seed-nodes", $"127.0.0.1:{_cluster.Gateway.ClusterPort}");
        await _cluster.WaitForReplicasAsync(1, _other);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_other is not null) await _other.DisposeAsync();
        if (_cluster is not null) await _cluster.DisposeAsync();
        _folder.Dispose();
    }

    [TestCase("one", "two", "one")]
    [TestCase("two", "one", "two")]
    [TestCase("alices", "one", "alices-new")]
    public async Task Stream_AtAnotherGateway_IsTakenUpByItsKeyOnly(string key, string other, string same)
    {
        const string path = "/v1/completions";
        var whole = await ResumableStream.ReadAsync(First, path, Body, lastId: null, key: key);
        Assert.That(whole.IsWhole, Is.True, whole.Error);
        var name = whole.LastId!.Split(';')[0];

        var refused = await ResumableStream.ReadAsync(Second, path, Body, $"{name};0:6.1", key: other);
        var unknown = await ResumableStream.ReadAsync(Second, path, Body, $"{new string('0', 32)};0:6.1", key: other);
        var rest = await ResumableStream.ReadAsync(Second, path, Body, $"{name};0:6.1", key: same);

        Assert.That(refused.Error, Is.EqualTo(unknown.Error).And.Contains("stream_not_found"));
        Assert.That(rest.IsWhole, Is.True, rest.Error);
        Assert.That(rest.Frames, Is.EqualTo(whole.Frames.Skip(6)));
    }

    [TestCase("one", "two", "one")]
    [TestCase("alices", "two", "alices-new")]
    public async Task Response_AtAnotherGateway_IsShownToItsKeyOnly(string key, string other, string same)
    {
        var (_, made) = await AskAsync(First, key, HttpMethod.Post, "/v1/responses", """{"input": "Hello", "max_output_tokens": 4}""");

        var (refused, _) = await AskAsync(Second, other, HttpMethod.Get, $"/v1/responses/{made["id"]}");
        var (status, shown) = await AskAsync(Second, same, HttpMethod.Get, $"/v1/responses/{made["id"]}");

        Assert.That((refused, status), Is.EqualTo((404, 200)));
        Assert.That(shown, Is.EqualTo(made).Using(JToken.EqualityComparer));
    }

    private static async Task<(int Status, JObject Body)> AskAsync(HttpClient http, string key, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new("Bearer", key);
        using var response = await http.SendAsync(request);
        return ((int)response.StatusCode, JObject.Parse(await response.Content.ReadAsStringAsync()));
    }
}
