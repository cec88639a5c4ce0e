using System.Collections;
using System.Net.Http.Headers;
using System.Text;
using Furiosa.Actors.Hosting;
using Furiosa.Gateway.Configuration;
using Furiosa.Gateway.Hosting;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Support;

/// <summary>A whole server on a port of its own on the loopback address, with a client.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly GatewayHost _host;

    private TestServer(GatewayHost host)
    {
        _host = host;
        Http = new HttpClient { BaseAddress = new Uri(host.Address), Timeout = TimeSpan.FromMinutes(5) };
    }

    public HttpClient Http { get; }

    public Uri Address => Http.BaseAddress!;

    public GatewayHost Host => _host;

    /// <summary>Starts the real server on the bundled model.</summary>
    /// <param name="hocon">Settings laid over the defaults.</param>
    public static Task<TestServer> StartAsync(string hocon = "") => StartAsync(hocon, null);

    /// <summary>Starts the real server in front of a script.</summary>
    public static async Task<(TestServer Server, ScriptedRuntime Runtime)> ScriptAsync(GenerationScript script, string hocon = "")
    {
        var runtime = new ScriptedRuntime(script);
        return (await StartAsync(hocon, (_, _, _) => Task.FromResult<IFuriosaRuntime>(runtime)), runtime);
    }

    /// <summary>Starts the real server on another model directory.</summary>
    public static Task<TestServer> OnModelAsync(string directory, string hocon = "") => StartAsync($"furiosa.model = \"{directory}\"\n{hocon}");

    public async Task<(int Status, JObject Body)> PostAsync(string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await Http.PostAsync(path, content);
        return ((int)response.StatusCode, JObject.Parse(await response.Content.ReadAsStringAsync()));
    }

    public async Task<(int Status, JObject Body)> GetAsync(string path)
    {
        using var response = await Http.GetAsync(path);
        return ((int)response.StatusCode, JObject.Parse(await response.Content.ReadAsStringAsync()));
    }

    /// <summary>The frames of a stream: what follows each <c>data: </c>.</summary>
    public async Task<IReadOnlyList<string>> StreamAsync(string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await Http.PostAsync(path, content);
        var text = await response.Content.ReadAsStringAsync();
        Assert.That(response.Content.Headers.ContentType, Is.EqualTo(MediaTypeHeaderValue.Parse("text/event-stream; charset=utf-8")), text);
        var frames = text.Split("\n\n");
        Assert.That(frames[^1], Is.Empty, "every frame ends in an empty line");
        Assert.That(frames[..^1], Has.All.StartsWith("data: "));
        return [.. frames[..^1].Select(frame => frame["data: ".Length..])];
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _host.DisposeAsync();
    }

    private static async Task<TestServer> StartAsync(string hocon, StartRuntime? starter)
    {
        var layer = HoconFile.Parse("furiosa.http { host = \"127.0.0.1\", port = 0 }\nfuriosa.log.level = warning\n" + hocon, "the test");
        var settings = SettingsLoader.Load(null, new Hashtable(), layer);
        return new TestServer(await GatewayHost.StartAsync(settings, starter: starter));
    }
}
