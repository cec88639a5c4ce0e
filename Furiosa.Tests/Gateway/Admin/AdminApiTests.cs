using System.Net.Http.Json;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Admin;

/// <summary>The admin API's JSON, as the console reads it.</summary>
[TestFixture]
public sealed class AdminApiTests
{
    private TestServer _server = null!;
    private HttpClient _admin = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _server = await TestServer.StartAsync("furiosa { tensor-parallel-size = 2, pipeline-parallel-size = 2 }");
        _admin = new HttpClient { BaseAddress = new Uri(_server.Host.AdminAddress!) };
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _admin.Dispose();
        await _server.DisposeAsync();
    }

    [Test]
    public async Task Cluster_OfAServer_ShowsNodesDownToProcessingElements()
    {
        var picture = await _admin.GetJsonAsync("/admin/api/state");

        Assert.That((string?)picture["server"]!["state"], Is.EqualTo("serving"));
        Assert.That((string?)picture["model"]!["name"], Is.EqualTo("furiosa-demo"));
        var pes = picture.SelectTokens("$.nodes[0].npus[*].pes[*]").ToList();
        Assert.That(pes.Select(pe => ((string)pe["name"]!, (int)pe["stage"]!)), Is.EqualTo(new[] { ("npu:0:0", 0), ("npu:0:1", 0), ("npu:0:2", 1), ("npu:0:3", 1) }));
        Assert.That(pes.Select(pe => (string)pe["state"]!), Has.All.EqualTo("serving"));
        var replica = picture["replicas"]![0]!;
        Assert.That(replica["stages"]!.Count(), Is.EqualTo(2));
        Assert.That((int)replica["kv"]!["free"]! + (int)replica["kv"]!["cached"]! + (int)replica["kv"]!["used"]!, Is.EqualTo((int)replica["kv"]!["blocks"]!));
    }

    [Test]
    public async Task Request_ThatEnded_HasItsWaterfall()
    {
        using var call = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = JsonContent.Create(new { prompt = "Once upon a time", max_tokens = 5, ignore_eos = true }) };
        call.Headers.Add("X-Request-Id", "seen-by-the-console");
        using var answer = await _server.Http.SendAsync(call);

        // A client has its answer a moment before the server is done with it.
        var listed = await ListedAsync("seen-by-the-console");
        while ((string?)listed["phase"] != "done") listed = await ListedAsync("seen-by-the-console");
        var detail = await _admin.GetJsonAsync("/admin/api/requests/seen-by-the-console");

        Assert.That(((string?)listed["phase"], (int)listed["generated_tokens"]!, (string?)listed["finish_reason"], (int)listed["status"]!), Is.EqualTo(("done", 5, "length", 200)));
        var spans = detail["prompts"]![0]!["spans"]!.ToList();
        Assert.That(spans.Select(span => (string)span["name"]!), Is.EqualTo(new[] { "queued", "prefill", "decode" }));
        for (var i = 0; i < spans.Count; i++)
        {
            Assert.That((double)spans[i]["start_ms"]!, Is.LessThanOrEqualTo((double)spans[i]["end_ms"]!));
            if (i > 0) Assert.That((double)spans[i]["start_ms"]!, Is.EqualTo((double)spans[i - 1]["end_ms"]!));
        }
        using var unknown = await _admin.GetAsync("/admin/api/requests/nobody");
        Assert.That((int)unknown.StatusCode, Is.EqualTo(404));
    }

    private async Task<JToken> ListedAsync(string id) =>
        (await _admin.GetJsonAsync("/admin/api/requests?limit=500"))["requests"]!.Single(one => (string?)one["id"] == id);

    [Test]
    public async Task Events_OfTheStart_AreNumbered()
    {
        var events = (await _admin.GetJsonAsync("/admin/api/events"))["events"]!.ToList();
        var none = (await _admin.GetJsonAsync($"/admin/api/events?after={events.Count}"))["events"]!;

        Assert.That(events.Select(one => (string)one["kind"]!), Does.Contain("replica_serving"));
        Assert.That(events.Select(one => (int)one["number"]!), Is.EqualTo(Enumerable.Range(1, events.Count)));
        Assert.That(none, Is.Empty);
    }

    [TestCase("requests", "limit", "x")]
    [TestCase("requests", "limit", "-5")]
    [TestCase("requests", "before", "x")]
    [TestCase("history", "seconds", "1.5")]
    [TestCase("events", "after", "x")]
    public async Task Query_NoNumber_IsRefusedByItsName(string path, string name, string value)
    {
        using var response = await _admin.GetAsync($"/admin/api/{path}?{name}={value}");

        Assert.That((int)response.StatusCode, Is.EqualTo(400));
        Assert.That((string?)JObject.Parse(await response.Content.ReadAsStringAsync()).SelectToken("error.param"), Is.EqualTo(name));
    }

    [Test]
    public async Task Stream_Ticks_CarryPictureRequestsAndEvents()
    {
        using var response = await _admin.GetAsync("/admin/api/stream", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var ticks = new List<JObject>();
        while (ticks.Count < 2 && await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal)) ticks.Add(JObject.Parse(line["data: ".Length..]));
        }

        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/event-stream"));
        Assert.That(ticks[0]["events"]!.Select(one => (string)one["kind"]!), Does.Contain("replica_serving"));
        Assert.That(ticks[1]["events"]!, Is.Empty);
        Assert.That((int)ticks[1]["point"]!["running"]!, Is.Zero);
        Assert.That(ticks[1]["requests"], Is.Not.Null);
        Assert.That((await _admin.GetJsonAsync("/admin/api/history"))["points"]!, Is.Not.Empty);
    }
}
