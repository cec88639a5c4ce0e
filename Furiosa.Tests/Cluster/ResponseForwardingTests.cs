using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Cluster;

/// <summary>A response that one gateway process keeps is to be had from another one, as long as the first lives.</summary>
[TestFixture]
public sealed class ResponseForwardingTests
{
    private const string Path = "/v1/responses";
    private const string Question = """{"input": "What is the capital of France?", "temperature": 0, "max_output_tokens": 12}""";

    private TestCluster _cluster = null!;
    private NodeProcess _other = null!;

    private HttpClient Keeper => _cluster.Gateway.Http!;

    private HttpClient Other => _other.Http!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _cluster = await TestCluster.StartAsync(devices: 1, "-tp", "1", "-dp", "1");
        _other = await NodeProcess.StartAsync(
            "--role", "gateway", "--host", "127.0.0.1", "--port", "0", "--admin-port", "0", "--cluster-port", "0", "--seed-nodes", $"127.0.0.1:{_cluster.Gateway.ClusterPort}");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(100));
        while ((int)(await Other.PostAsync(Path, Json(Question), patience.Token)).StatusCode != 200) await Task.Delay(100, patience.Token);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_other is not null) await _other.DisposeAsync();
        if (_cluster is not null) await _cluster.DisposeAsync();
    }

    [Test, Order(1)]
    public async Task Show_OfAnotherGateway_IsTheSameObject()
    {
        var made = await PostAsync(Keeper, Path, Question);

        Assert.That(await GetAsync(Other, $"{Path}/{made["id"]}"), Is.EqualTo(made).Using(JToken.EqualityComparer));
        Assert.That(
            await GetAsync(Other, $"{Path}/{made["id"]}/input_items?limit=1&order=asc"),
            Is.EqualTo(await GetAsync(Keeper, $"{Path}/{made["id"]}/input_items?limit=1&order=asc")).Using(JToken.EqualityComparer));
    }

    [Test, Order(2)]
    public async Task Create_GoesOnWithAnothersResponseAndItems_AsItsKeeperWould()
    {
        var made = await PostAsync(Keeper, Path, Question);
        var next = new JObject { ["previous_response_id"] = made["id"], ["input"] = "And of Germany?", ["temperature"] = 0, ["max_output_tokens"] = 12 };
        var byReference = new JObject
        {
            ["input"] = new JArray(new JObject { ["type"] = "item_reference", ["id"] = made["output"]![0]!["id"] }, new JObject { ["role"] = "user", ["content"] = "And of Germany?" }),
            ["temperature"] = 0,
            ["max_output_tokens"] = 12,
        };

        foreach (var body in new[] { next, byReference })
        {
            var here = await PostAsync(Keeper, Path, body.ToString());
            var there = await PostAsync(Other, Path, body.ToString());
            Assert.That(there["output"]![0]!["content"], Is.EqualTo(here["output"]![0]!["content"]).Using(JToken.EqualityComparer));
            Assert.That((int)there["usage"]!["input_tokens"]!, Is.EqualTo((int)here["usage"]!["input_tokens"]!));
        }
    }

    [Test, Order(3)]
    public async Task Events_OfAnotherGateway_AreTheSameFromAnyNumberOn()
    {
        var made = await PostAsync(Keeper, Path, """{"input": "What is the capital of France?", "temperature": 0, "max_output_tokens": 12, "background": true}""");
        var follow = Other.GetStringAsync($"{Path}/{made["id"]}?stream=true");
        var whole = await Keeper.GetStringAsync($"{Path}/{made["id"]}?stream=true");

        Assert.That(await follow, Is.EqualTo(whole).And.Contain("event: response.completed"));
        Assert.That(whole, Does.EndWith(await Other.GetStringAsync($"{Path}/{made["id"]}?stream=true&starting_after=3")).And.Not.Empty);
    }

    [Test, Order(4)]
    public async Task Cancel_ByAnotherGateway_EndsIt()
    {
        var made = await PostAsync(Keeper, Path, """{"input": "Write.", "background": true, "max_output_tokens": 1500, "ignore_eos": true}""");

        var cancelled = await PostAsync(Other, $"{Path}/{made["id"]}/cancel", "");

        Assert.That((string?)cancelled["status"], Is.EqualTo("cancelled"));
        Assert.That((string?)(await GetAsync(Keeper, $"{Path}/{made["id"]}"))["status"], Is.EqualTo("cancelled"));
        await _cluster.WaitForIdleAsync();
    }

    [Test, Order(5)]
    public async Task Delete_ByAnotherGateway_ForgetsItWhereItWasKept()
    {
        var made = await PostAsync(Keeper, Path, Question);
        using var response = await Other.DeleteAsync($"{Path}/{made["id"]}");

        Assert.That((bool)JObject.Parse(await response.Content.ReadAsStringAsync())["deleted"]!, Is.True);
        foreach (var http in new[] { Keeper, Other })
        {
            using var gone = await http.GetAsync($"{Path}/{made["id"]}");
            Assert.That((int)gone.StatusCode, Is.EqualTo(404));
            Assert.That(await gone.Content.ReadAsStringAsync(), Does.Contain("(any more)"));
        }
    }

    [Test, Order(6)]
    public async Task Show_OfAGatewayThatWasKilled_Is404ThatSaysSo()
    {
        var made = await PostAsync(Other, Path, Question);
        Assert.That((string?)(await GetAsync(Keeper, $"{Path}/{made["id"]}"))["id"], Is.EqualTo((string?)made["id"]));

        _other.Kill();
        await _other.EndAsync();
        using var gone = await Keeper.GetAsync($"{Path}/{made["id"]}");
        using var next = await Keeper.PostAsync(Path, Json(new JObject { ["previous_response_id"] = made["id"], ["input"] = "a" }.ToString()));

        Assert.That((int)gone.StatusCode, Is.EqualTo(404));
        Assert.That(await gone.Content.ReadAsStringAsync(), Does.Contain("gone or cannot be reached").And.Contain("response_not_found"));
        Assert.That((int)next.StatusCode, Is.EqualTo(404));
        Assert.That(await next.Content.ReadAsStringAsync(), Does.Contain("previous_response_not_found"));
    }

    private static async Task<JObject> PostAsync(HttpClient http, string path, string body)
    {
        using var response = await http.PostAsync(path, Json(body));
        var text = await response.Content.ReadAsStringAsync();
        Assert.That(response.IsSuccessStatusCode, Is.True, text);
        return JObject.Parse(text);
    }

    private static async Task<JObject> GetAsync(HttpClient http, string path) => JObject.Parse(await http.GetStringAsync(path));

    private static StringContent Json(string body) => new(body, System.Text.Encoding.UTF8, "application/json");
}
